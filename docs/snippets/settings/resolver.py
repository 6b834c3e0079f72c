"""Choose a resolver, and see which one is in use."""

# needs: dns
import gevent

gevent.config.resolver = "dnspython"  # or a dotted name, a class, a list of these

print(type(gevent.get_hub().resolver).__module__)
