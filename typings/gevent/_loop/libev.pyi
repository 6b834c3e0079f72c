from gevent.core import _LibevLoop, _LibraryInfo, _Native
from gevent.core import time as time

LibevLoop = _LibevLoop
LibraryInfo = _LibraryInfo
Native = _Native
