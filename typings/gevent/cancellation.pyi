from types import TracebackType
from typing import Self, final

from gevent.exceptions import Cancelled

__all__ = (
    "CancelScope",
    "Cancelled",
    "check_cancelled",
    "current_deadline",
    "fail_after",
    "move_on_after",
)

@final
class CancelScope:
    deadline: float
    shield: bool
    cleanup_timeout: float | None
    def __init__(
        self,
        timeout: float | None = None,
        *,
        deadline: float | None = None,
        shield: bool = False,
        cleanup_timeout: float | None = ...,
        name: str | None = None,
    ) -> None: ...
    def __enter__(self) -> Self: ...
    # True when it takes its own Cancelled.
    def __exit__(
        self,
        t: type[BaseException] | None,
        v: BaseException | None,
        tb: TracebackType | None,
    ) -> bool: ...
    def cancel(self, reason: str | None = None) -> None: ...
    @property
    def name(self) -> str | None: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def cancel_called(self) -> bool: ...
    @property
    def expired(self) -> bool: ...
    @property
    def cancelled_caught(self) -> bool: ...

def move_on_after(
    timeout: float | None,
    *,
    shield: bool = False,
    cleanup_timeout: float | None = ...,
    name: str | None = None,
) -> CancelScope: ...
def fail_after(
    timeout: float | None,
    *,
    shield: bool = False,
    cleanup_timeout: float | None = ...,
    name: str | None = None,
) -> CancelScope: ...
def check_cancelled() -> None: ...
def current_deadline() -> float: ...
