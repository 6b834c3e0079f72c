from gevent.greenlet import FailureSpawnedLink as FailureSpawnedLink
from gevent.greenlet import Greenlet as Greenlet
from gevent.greenlet import SpawnedLink as SpawnedLink
from gevent.greenlet import SuccessSpawnedLink as SuccessSpawnedLink
from gevent.greenlet import _AnyGreenlet as _AnyGreenlet
from gevent.greenlet import call_known_of as call_known_of
from gevent.greenlet import joinall as joinall
from gevent.greenlet import killall as killall
from gevent.greenlet import parts_known_of as parts_known_of
from gevent.greenlet import spawn_raw as spawn_raw

__all__ = ("Greenlet",)
