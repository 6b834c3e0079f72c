from os import *

from gevent.net.os import close as close
from gevent.net.os import closerange as closerange
from gevent.net.os import dup2 as dup2
from gevent.net.os import fork as fork
from gevent.net.os import fork_and_watch as fork_and_watch
from gevent.net.os import fork_gevent as fork_gevent
from gevent.net.os import forkpty as forkpty
from gevent.net.os import forkpty_and_watch as forkpty_and_watch
from gevent.net.os import forkpty_gevent as forkpty_gevent
from gevent.net.os import make_nonblocking as make_nonblocking
from gevent.net.os import nb_read as nb_read
from gevent.net.os import nb_write as nb_write
from gevent.net.os import posix_spawn as posix_spawn
from gevent.net.os import posix_spawnp as posix_spawnp
from gevent.net.os import read as read
from gevent.net.os import tp_read as tp_read
from gevent.net.os import tp_write as tp_write
from gevent.net.os import wait as wait
from gevent.net.os import wait3 as wait3
from gevent.net.os import wait4 as wait4
from gevent.net.os import waitid as waitid
from gevent.net.os import waitpid as waitpid
from gevent.net.os import write as write
