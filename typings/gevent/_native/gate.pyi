from typing_extensions import disjoint_base

from gevent._native.backend import Backend

@disjoint_base
class Gate:
    def open(self) -> int: ...
    def wait(self, timeout: float, asleep: Backend | None) -> bool: ...
