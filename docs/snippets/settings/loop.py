"""Choose a loop, and see which one is in use."""

import gevent

gevent.config.loop = "libuv-cffi"  # or a dotted name, a class, a list of these

loop = gevent.get_hub().loop
print(type(loop).__module__)
