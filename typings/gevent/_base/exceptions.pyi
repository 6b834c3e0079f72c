from gevent.exceptions import BlockingSwitchOutError as BlockingSwitchOutError
from gevent.exceptions import Cancelled as Cancelled
from gevent.exceptions import ConcurrentObjectUseError as ConcurrentObjectUseError
from gevent.exceptions import HubDestroyed as HubDestroyed
from gevent.exceptions import InvalidSwitchError as InvalidSwitchError
from gevent.exceptions import InvalidThreadUseError as InvalidThreadUseError
from gevent.exceptions import LoopExit as LoopExit

__all__ = [
    "LoopExit",
    "Cancelled",
    "BlockingSwitchOutError",
    "InvalidSwitchError",
    "ConcurrentObjectUseError",
    "InvalidThreadUseError",
    "HubDestroyed",
]
