from gevent.libev.watcher import _listed, _recorded, _WatchedLoop, watcher
from gevent.libev.watcher import async_ as async_
from gevent.libev.watcher import check as check
from gevent.libev.watcher import child as child
from gevent.libev.watcher import fork as fork
from gevent.libev.watcher import idle as idle
from gevent.libev.watcher import io as io
from gevent.libev.watcher import prepare as prepare
from gevent.libev.watcher import signal as signal
from gevent.libev.watcher import stat as stat
from gevent.libev.watcher import timer as timer

WatchedLoop = _WatchedLoop
Armable = watcher
recorded = _recorded
listed = _listed
