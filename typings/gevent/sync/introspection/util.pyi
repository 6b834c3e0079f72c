from gevent.util import GreenletTree as GreenletTree
from gevent.util import _FailedToSwitch as _FailedToSwitch
from gevent.util import _SwitchTracer
from gevent.util import assert_switches as assert_switches
from gevent.util import clear_stack_frames as clear_stack_frames
from gevent.util import format_run_info as format_run_info
from gevent.util import print_run_info as print_run_info
from gevent.util import wrap_errors as wrap_errors

SwitchTracer = _SwitchTracer

__all__ = (
    "GreenletTree",
    "assert_switches",
    "clear_stack_frames",
    "format_run_info",
    "print_run_info",
    "wrap_errors",
)
