"""Sockets: connecting and accepting; the twin of ``connect.pyx``.

Contract and invariants are there.
"""

from __future__ import annotations

import _socket
import sys
from _socket import (
    AF_INET,
    AF_INET6,
    AF_UNIX,
    MSG_PEEK,
    SO_ERROR,
    SOCK_STREAM,
    SOL_SOCKET,
)
from errno import EAGAIN, EALREADY, EBADF, EINPROGRESS, EISCONN

from gevent._base.checking import TYPE_CHECKING, cast
from gevent._native.io.descriptor import error_of
from gevent._native.io.socket.base import BaseSocket, made_socket
from gevent._native.io.socket.receive import ReceivingSocket
from gevent._native.library.io_events import WRITE
from gevent._native.scheduling.scheduler import Scheduler

if TYPE_CHECKING:
    from _socket import _RetAddress
    from collections.abc import Callable
    from typing import TypeAlias

    Accepted: TypeAlias = tuple[int, _RetAddress]

BACKLOG_DELAY = 0.002


class ConnectingSocket(ReceivingSocket):
    """A socket that connects and accepts: the native part of ``gevent.socket``'s."""

    __slots__ = ()

    def connect(self, address: object) -> None:
        """Connect to an address; host names are resolved.

        Blocking:
            Switches to the hub until the connection is made or refused.
        """
        code = self.connect_code(address)
        if code:
            raise error_of(code)

    def connect_ex(self, address: object) -> int:
        """Connect; return 0, or the number of the error.

        Blocking:
            Switches to the hub until the connection is made or refused.
        """
        try:
            return self.connect_code(address)
        except TimeoutError:
            return EAGAIN
        except OSError as error:
            if type(error) is _socket.gaierror or error.errno is None:
                raise
            return error.errno

    def connect_code(self, address: object) -> int:
        """Connect; return 0 or errno."""
        self.demand_open()
        address = self._resolve(address)  # switches
        deadline = self.deadline()
        code = self.start_connect(address)
        if code == EISCONN:
            return code  # by an earlier call, to which the kernel has said so
        if code == EINPROGRESS and self.connects_at_once():
            code = self.start_connect(address)
            if code == 0:
                self.yield_if_due(Scheduler.of_thread())  # switches
        while code in (EINPROGRESS, EALREADY) or self.is_backlog_full(code):
            left = self.time_left(deadline)
            if left == 0.0:
                return code
            if code == EAGAIN:
                Scheduler.of_thread().sleep(BACKLOG_DELAY, self.is_ref)  # switches
                code = self.start_connect(address)
            elif self.wait_ready(WRITE, left):  # switches
                raise TimeoutError("timed out")
            else:
                return self._sock.getsockopt(SOL_SOCKET, SO_ERROR)
        return 0 if code == EISCONN else code

    def connects_at_once(self) -> bool:
        """Whether it is worth a second try: through loopback it is made by now."""
        return (
            # Elsewhere a second call may do more than tell how far the first one is.
            sys.platform == "linux"
            and self.seconds != 0.0
            and self.type == SOCK_STREAM
            and self._family in (AF_INET, AF_INET6)
        )

    def is_backlog_full(self, code: int) -> bool:
        """Whether *code* says that a unix socket cannot take another client now."""
        return code == EAGAIN and self._family == AF_UNIX

    def start_connect(self, address: object) -> int:
        """Return errno of the first step, 0 for done."""
        self.demand_open()
        return cast("Callable[..., int]", self._sock.connect_ex)(address)

    def accept(self) -> tuple[BaseSocket, _RetAddress]:
        """Wait for a connection; return (new socket, address of the peer).

        Blocking:
            Switches to the hub while there is no connection, and when the loop has not
            polled for longer than the switch interval.
        """
        fd, address = cast(
            "tuple[int, _RetAddress]", self._receive_by("_accept", MSG_PEEK)
        )
        return made_socket(fd, self._family, self.type, self.proto), address


def accept_pending(
    listener: int, family: int, kind: int, proto: int
) -> tuple[BaseSocket, _RetAddress] | None:
    """Take a connection that waits already.

    Returns:
        (new socket, address of the peer), or None if there is none.

    Raises:
        OSError: As the system says.
    """
    if listener < 0:
        raise error_of(EBADF)
    raw = _socket.socket(family, kind, proto, listener)
    try:
        raw.settimeout(0.0)
        # Not in typeshed.
        accepted = cast("Accepted", raw._accept())  # type: ignore[attr-defined]
    except BlockingIOError:
        return None
    finally:
        raw.detach()
    fd, address = accepted
    return made_socket(fd, family, kind, proto), address
