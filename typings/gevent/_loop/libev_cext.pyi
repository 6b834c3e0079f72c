from gevent.libev.corecext import *
from gevent.libev.corecext import LIBEV_EMBED as LIBEV_EMBED
