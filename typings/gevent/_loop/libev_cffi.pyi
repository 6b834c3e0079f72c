from gevent.libev.corecffi import *
from gevent.libev.corecffi import LIBEV_EMBED as LIBEV_EMBED
