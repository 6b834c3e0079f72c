"""HTTP/1 on top of the network tier: what is allowed, connections, bodies, replies."""
