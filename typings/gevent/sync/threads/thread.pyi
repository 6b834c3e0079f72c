from _thread import TIMEOUT_MAX as TIMEOUT_MAX
from _thread import RLock as RLock
from _thread import allocate as allocate
from _thread import error as error
from _thread import exit_thread as exit_thread
from _thread import get_native_id as get_native_id
from _thread import interrupt_main as interrupt_main
from _thread import start_new as start_new

from gevent.thread import HAS_HANDLES as HAS_HANDLES
from gevent.thread import LockType as LockType
from gevent.thread import RLockType as RLockType
from gevent.thread import __extensions__ as __extensions__
from gevent.thread import __implements__ as __implements__
from gevent.thread import __imports__ as __imports__
from gevent.thread import __target__ as __target__
from gevent.thread import _local as _local
from gevent.thread import allocate_lock as allocate_lock
from gevent.thread import exit as exit
from gevent.thread import get_ident as get_ident
from gevent.thread import main_ident as main_ident
from gevent.thread import stack_size as stack_size
from gevent.thread import start_new_thread as start_new_thread

__all__ = ("LockType",)
