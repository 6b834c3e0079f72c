from gevent._loop.libev_numbers import *
from gevent._native.library.io_events import READ as READ
from gevent._native.library.io_events import WRITE as WRITE
from gevent.core import _LibevLoop
from gevent.core import callback as callback
from gevent.core import time as time

__all__ = (
    "READ",
    "WRITE",
    "callback",
    "embeddable_backends",
    "get_header_version",
    "get_version",
    "loop",
    "recommended_backends",
    "supported_backends",
    "time",
)

LIBEV_EMBED: bool

class loop(_LibevLoop): ...

def get_version() -> str: ...
def get_header_version() -> str: ...
def supported_backends() -> list[str]: ...
def recommended_backends() -> list[str]: ...
def embeddable_backends() -> list[str]: ...
