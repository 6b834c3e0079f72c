"""What TLS sockets are made of."""
