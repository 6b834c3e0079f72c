"""Looking at greenlets: trees, frames, what they hold."""

from __future__ import annotations

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from gevent.sync.introspection.deadlocks import Deadlock


def describe_run(*args: object, **kwargs: object) -> list[str]:
    """``gevent.util.format_run_info``, which is imported when somebody wants it."""
    # Programs that never look need neither traceback nor the locals of greenlets.
    from gevent.sync.introspection.util import format_run_info

    return format_run_info(*args, **kwargs)  # type: ignore[arg-type]  # it checks


def find_deadlocks() -> list[Deadlock]:
    """``gevent.util.find_deadlocks``, which is imported when somebody wants it."""
    from gevent.sync.introspection import deadlocks

    return deadlocks.find_deadlocks()
