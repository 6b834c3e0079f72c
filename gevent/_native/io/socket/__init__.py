"""The system calls of sockets, and waiting for them."""
