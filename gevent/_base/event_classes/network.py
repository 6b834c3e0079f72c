"""What is sent about names and handshakes of TLS."""

from __future__ import annotations

__all__ = (
    "NameLookedUp",
    "HandshakeDone",
)


class NameLookedUp:
    """A name, or an address, was looked up by the resolver of a hub.

    Sent in the greenlet that asked. What needs no look-up, as a numeric address, is not
    told.

    Args:
        resolver: The resolver.
        function: Which function, as ``"getaddrinfo"``.
        arguments: What it was asked, a tuple.
        error: The exception that it ended with; None: it found something.
        seconds: How long it took.
    """

    def __init__(
        self,
        resolver: object,
        function: str,
        arguments: tuple[object, ...],
        error: BaseException | None,
        seconds: float,
    ) -> None:
        self.resolver = resolver
        self.function = function
        self.arguments = arguments
        self.error = error
        self.seconds = seconds

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.function}{self.arguments!r} "
            f"error={self.error!r} seconds={self.seconds}>"
        )


class HandshakeDone:
    """A handshake of TLS has ended.

    Sent in the greenlet that shook hands.

    Args:
        socket: The ``gevent.ssl.SSLSocket``.
        error: The exception that it ended with; None: it succeeded.
        seconds: How long it took.
    """

    def __init__(
        self, socket: object, error: BaseException | None, seconds: float
    ) -> None:
        self.socket = socket
        self.error = error
        self.seconds = seconds

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.socket!r} error={self.error!r} "
            f"seconds={self.seconds}>"
        )
