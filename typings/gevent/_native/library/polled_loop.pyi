from typing_extensions import disjoint_base

from gevent._native.scheduling.scheduler import Scheduler

__all__ = ("PolledLoop", "polled")

@disjoint_base
class PolledLoop(Scheduler):
    @property
    def is_abandoned(self) -> bool: ...
    def backend_loop(self) -> object: ...
    def demand_open(self) -> None: ...

def polled(loop: Scheduler) -> PolledLoop: ...
