from gevent.cancellation import CancelScope as CancelScope
from gevent.cancellation import check_cancelled as check_cancelled
from gevent.cancellation import current_deadline as current_deadline
from gevent.cancellation import fail_after as fail_after
from gevent.cancellation import move_on_after as move_on_after
from gevent.exceptions import Cancelled as Cancelled

__all__ = (
    "CancelScope",
    "Cancelled",
    "check_cancelled",
    "current_deadline",
    "fail_after",
    "move_on_after",
)
