"""Looking at greenlets: trees, frames, what they hold."""

from __future__ import annotations


def describe_run(*args: object, **kwargs: object) -> list[str]:
    """``gevent.util.format_run_info``, which is imported when somebody wants it."""
    # Programs that never look need neither traceback nor the locals of greenlets.
    from gevent.sync.introspection.util import format_run_info

    return format_run_info(*args, **kwargs)  # type: ignore[arg-type]  # it checks
