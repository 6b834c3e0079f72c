from gevent.util import Deadlock as Deadlock
from gevent.util import GreenletTree as GreenletTree
from gevent.util import Histogram as Histogram
from gevent.util import Snapshot as Snapshot
from gevent.util import StuckGreenlet as StuckGreenlet
from gevent.util import _FailedToSwitch as _FailedToSwitch
from gevent.util import _SwitchTracer
from gevent.util import assert_switches as assert_switches
from gevent.util import clear_stack_frames as clear_stack_frames
from gevent.util import declare_wakers as declare_wakers
from gevent.util import find_deadlocks as find_deadlocks
from gevent.util import format_run_info as format_run_info
from gevent.util import loop_lag as loop_lag
from gevent.util import print_run_info as print_run_info
from gevent.util import run_times as run_times
from gevent.util import take_snapshot as take_snapshot
from gevent.util import wrap_errors as wrap_errors

SwitchTracer = _SwitchTracer

__all__ = (
    "Deadlock",
    "GreenletTree",
    "Histogram",
    "Snapshot",
    "StuckGreenlet",
    "assert_switches",
    "wrap_errors",
)
