from gevent._native.library.io_events import READ as READ
from gevent._native.library.io_events import WRITE as WRITE
from gevent.core import loop as _loop

__all__ = (
    "READ",
    "WRITE",
    "get_header_version",
    "get_version",
    "loop",
    "supported_backends",
)

class loop(_loop): ...

def get_version() -> str: ...
def get_header_version() -> str: ...
def supported_backends() -> list[str]: ...
