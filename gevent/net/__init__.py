"""Sockets, TLS, files, processes, signals and names."""
