from signal import *

from gevent.net.signal import Wanted as Wanted
from gevent.net.signal import getsignal as getsignal
from gevent.net.signal import set_wakeup_fd as set_wakeup_fd
from gevent.net.signal import signal as signal
