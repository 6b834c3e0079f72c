from collections.abc import Callable

from gevent._native.scheduling.scheduler import Scheduler

__all__ = ("post",)

def post(loop: Scheduler, function: Callable[[], object]) -> bool: ...
