from gevent.events import HubCreated as HubCreated
from gevent.events import HubEnded as HubEnded
from gevent.events import IHubEvent as IHubEvent
from gevent.events import LoopLagged as LoopLagged
from gevent.events import LoopStalled as LoopStalled
from gevent.events import LoopStalling as LoopStalling
from gevent.events import ThreadPoolSaturated as ThreadPoolSaturated

__all__ = (
    "IHubEvent",
    "HubCreated",
    "HubEnded",
    "LoopStalled",
    "LoopStalling",
    "LoopLagged",
    "ThreadPoolSaturated",
)
