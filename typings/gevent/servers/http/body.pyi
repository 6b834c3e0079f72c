from typing import Protocol, Self

from typing_extensions import disjoint_base

from gevent.pywsgi import Input as Input
from gevent.servers.http.limits import Limits
from gevent.servers.http.request_file import RequestFile as RequestFile
from gevent.servers.http.request_file import SendsAll
from gevent.servers.http.request_file import Source as Source

__all__ = ("BodyError", "BodyTimeout", "Input", "RequestFile", "Source")

CONTINUE: bytes
SLICE: int

class BodyError(OSError):
    status: int
    def __init__(self, text: str, status: int = 400) -> None: ...

class BodyTimeout(BodyError, TimeoutError):
    def __init__(self, text: str, status: int = 408) -> None: ...

class ReadsLines(Protocol):
    def read(self, size: int, /) -> bytes: ...
    def readline(self, size: int, /) -> bytes: ...

class HasEnd(Protocol):
    @property
    def is_done(self) -> bool: ...

@disjoint_base
class Body:
    rfile: ReadsLines
    content_length: int | None
    socket: SendsAll | None
    position: int
    chunked_input: bool
    chunk_length: int
    send_100_continue_enabled: bool
    error: OSError | None
    def __init__(
        self,
        rfile: ReadsLines,
        content_length: int | None,
        socket: SendsAll | None = None,
        chunked_input: bool = False,
        *,
        limits: Limits | None = None,
    ) -> None: ...
    @property
    def is_done(self) -> bool: ...
    @property
    def owes_continue(self) -> bool: ...
    def discard(self, limit: int) -> bool: ...
    def read(self, length: int | None = None) -> bytes: ...
    def readline(self, size: int | None = None) -> bytes: ...
    def readlines(self, hint: int | None = None) -> list[bytes]: ...
    def next(self) -> bytes: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> bytes: ...

def new_input(
    rfile: RequestFile, length: int, socket: SendsAll | None, limits: Limits
) -> Input: ...
def has_ended(body: HasEnd) -> bool: ...
