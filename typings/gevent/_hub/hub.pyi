from gevent.hub import GreenletExit as GreenletExit
from gevent.hub import Hub as Hub
from gevent.hub import LoopExit as LoopExit
from gevent.hub import Waiter as Waiter
from gevent.hub import _get_hub as _get_hub
from gevent.hub import get_hub as get_hub
from gevent.hub import get_hub_class as get_hub_class
from gevent.hub import get_hub_if_exists as get_hub_if_exists
from gevent.hub import getcurrent as getcurrent
from gevent.hub import idle as idle
from gevent.hub import iwait as iwait
from gevent.hub import kill as kill
from gevent.hub import linkproxy as linkproxy
from gevent.hub import live_hubs as live_hubs
from gevent.hub import reinit as reinit
from gevent.hub import set_default_hub_class as set_default_hub_class
from gevent.hub import set_hub as set_hub
from gevent.hub import signal as signal
from gevent.hub import sleep as sleep
from gevent.hub import spawn_raw as spawn_raw
from gevent.hub import wait as wait

__all__ = (
    "GreenletExit",
    "Hub",
    "LoopExit",
    "Waiter",
    "linkproxy",
    "signal",
)
