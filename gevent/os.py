"""``os`` with child processes and descriptors that wait cooperatively."""

from gevent.net.os import *
