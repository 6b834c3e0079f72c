from gevent.threading import Lock as Lock
from gevent.threading import Thread as Thread
from gevent.threading import Timer as Timer
from gevent.threading import __extensions__ as __extensions__
from gevent.threading import __implements__ as __implements__
from gevent.threading import _allocate_lock as _allocate_lock
from gevent.threading import _awaited as _awaited
from gevent.threading import _CRLock as _CRLock
from gevent.threading import _DeleteDummyThreadOnDel as _DeleteDummyThreadOnDel
from gevent.threading import _DummyThread as _DummyThread
from gevent.threading import _forget as _forget
from gevent.threading import _get_main_thread_ident as _get_main_thread_ident
from gevent.threading import _make_thread_handle as _make_thread_handle
from gevent.threading import _set_name as _set_name
from gevent.threading import _set_sentinel as _set_sentinel
from gevent.threading import _start_joinable_thread as _start_joinable_thread
from gevent.threading import _start_new_thread as _start_new_thread
from gevent.threading import _ThreadHandle as _ThreadHandle
from gevent.threading import main_native_thread as main_native_thread
from gevent.threading import make_wait_for_end as make_wait_for_end
from gevent.threading import on_end as on_end

__all__ = ("Thread",)
