# ruff: isort: skip_file
# One statement for the names that are passed through.

from select import (
    EPOLL_CLOEXEC as EPOLL_CLOEXEC,
    EPOLLERR as EPOLLERR,
    EPOLLET as EPOLLET,
    EPOLLEXCLUSIVE as EPOLLEXCLUSIVE,
    EPOLLHUP as EPOLLHUP,
    EPOLLIN as EPOLLIN,
    EPOLLMSG as EPOLLMSG,
    EPOLLONESHOT as EPOLLONESHOT,
    EPOLLOUT as EPOLLOUT,
    EPOLLPRI as EPOLLPRI,
    EPOLLRDBAND as EPOLLRDBAND,
    EPOLLRDHUP as EPOLLRDHUP,
    EPOLLRDNORM as EPOLLRDNORM,
    EPOLLWRBAND as EPOLLWRBAND,
    EPOLLWRNORM as EPOLLWRNORM,
    PIPE_BUF as PIPE_BUF,
    POLLERR as POLLERR,
    POLLHUP as POLLHUP,
    POLLIN as POLLIN,
    POLLMSG as POLLMSG,
    POLLNVAL as POLLNVAL,
    POLLOUT as POLLOUT,
    POLLPRI as POLLPRI,
    POLLRDBAND as POLLRDBAND,
    POLLRDHUP as POLLRDHUP,
    POLLRDNORM as POLLRDNORM,
    POLLWRBAND as POLLWRBAND,
    POLLWRNORM as POLLWRNORM,
    epoll as epoll,
)

from _typeshed import FileDescriptorLike
from collections.abc import Iterable
from gevent.core import loop as Loop
from typing import Never, SupportsFloat, TypeVar, overload

_R = TypeVar("_R", bound=FileDescriptorLike)
_W = TypeVar("_W", bound=FileDescriptorLike)
_X = TypeVar("_X", bound=FileDescriptorLike)

error = OSError

# An empty list, `[]`, has a type of its own.
@overload
def select(
    rlist: list[Never],
    wlist: list[Never],
    xlist: list[Never],
    timeout: SupportsFloat | None = None,
) -> tuple[list[Never], list[Never], list[Never]]: ...
@overload
def select(  # type: ignore[overload-overlap]  # the empty list is one of all types
    rlist: list[Never],
    wlist: list[Never],
    xlist: Iterable[_X],
    timeout: SupportsFloat | None = None,
) -> tuple[list[Never], list[Never], list[_X]]: ...
@overload
def select(  # type: ignore[overload-overlap]  # the empty list is one of all types
    rlist: list[Never],
    wlist: Iterable[_W],
    xlist: list[Never],
    timeout: SupportsFloat | None = None,
) -> tuple[list[Never], list[_W], list[Never]]: ...
@overload
def select(  # type: ignore[overload-overlap]  # the empty list is one of all types
    rlist: list[Never],
    wlist: Iterable[_W],
    xlist: Iterable[_X],
    timeout: SupportsFloat | None = None,
) -> tuple[list[Never], list[_W], list[_X]]: ...
@overload
def select(
    rlist: Iterable[_R],
    wlist: list[Never],
    xlist: list[Never],
    timeout: SupportsFloat | None = None,
) -> tuple[list[_R], list[Never], list[Never]]: ...
@overload
def select(  # type: ignore[overload-overlap]  # the empty list is one of all types
    rlist: Iterable[_R],
    wlist: list[Never],
    xlist: Iterable[_X],
    timeout: SupportsFloat | None = None,
) -> tuple[list[_R], list[Never], list[_X]]: ...
@overload
def select(
    rlist: Iterable[_R],
    wlist: Iterable[_W],
    xlist: list[Never],
    timeout: SupportsFloat | None = None,
) -> tuple[list[_R], list[_W], list[Never]]: ...
@overload
def select(
    rlist: Iterable[_R],
    wlist: Iterable[_W],
    xlist: Iterable[_X],
    timeout: SupportsFloat | None = None,
) -> tuple[list[_R], list[_W], list[_X]]: ...

class poll:
    fds: dict[int, int]
    def __init__(self) -> None: ...
    @property
    def loop(self) -> Loop: ...
    def register(self, fd: FileDescriptorLike, eventmask: int = ...) -> None: ...
    def modify(self, fd: FileDescriptorLike, eventmask: int) -> None: ...
    def unregister(self, fd: FileDescriptorLike) -> None: ...
    def poll(self, timeout: SupportsFloat | None = None) -> list[tuple[int, int]]: ...

__implements__: list[str]
__extensions__: list[str]
__imports__: list[str]
