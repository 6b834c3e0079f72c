"""HTTP/2 on h2; nothing here is imported unless a server is asked for it."""
