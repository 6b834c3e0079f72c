"""HTTP/1 octet by octet."""
