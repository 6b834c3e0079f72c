"""What servers send: about connections, requests and their own end."""

from __future__ import annotations

from zope.interface import Attribute, Interface, implementer

__all__ = (
    "IConnectionAccepted",
    "ConnectionAccepted",
    "IConnectionClosed",
    "ConnectionClosed",
    "IServerEvent",
    "RequestRefused",
    "RequestFinished",
    "LimitReached",
    "HandlerWarning",
    "ServerStopping",
    "ServerStopped",
)

# Interfaces name their module themselves: they are compared and hashed by it, so that
# it can not change when the module is published.
_PUBLIC_NAME = "gevent.events"


class IConnectionAccepted(Interface):
    """A server has accepted a connection, and is about to start its handler."""

    __module__ = _PUBLIC_NAME

    server = Attribute("server", "The server.")
    socket = Attribute("socket", "The socket of the connection.")
    address = Attribute("address", "Where the client is.")


class _ConnectionEvent:
    def __init__(self, server: object, socket: object, address: object) -> None:
        self.server = server
        self.socket = socket
        self.address = address

    def __repr__(self) -> str:
        return f"<{type(self).__name__} address={self.address!r} server={self.server}>"


@implementer(IConnectionAccepted)
class ConnectionAccepted(_ConnectionEvent):
    """A server has accepted a connection, and is about to start its handler.

    Sent in the hub: a subscriber must not block.

    Args:
        server: The server.
        socket: The socket of the connection.
        address: Where the client is.
    """


class IConnectionClosed(IConnectionAccepted):
    """A server has closed a connection whose handler has ended."""

    __module__ = _PUBLIC_NAME

    error = Attribute("error", "The exception that the handler ended with, or None.")
    reason = Attribute(
        "reason", "Why it was closed, in a word; None: the handler ended."
    )


@implementer(IConnectionClosed)
class ConnectionClosed(_ConnectionEvent):
    """A server has closed a connection whose handler has ended.

    Sent where the handler ran.

    Args:
        server: The server.
        socket: The socket of the connection; it is closed.
        address: Where the client is.
        error: The exception that the handler ended with; None: it returned.
        reason: Why a server of HTTP closed it: ``"end"`` (the client did), ``"last"``
            (the reply said so), ``"refused"``, ``"deadline"``, ``"evicted"``,
            ``"reset"``, ``"too many"``, ``"stopping"``, or ``"over"`` for all else;
            None of other servers.
    """

    def __init__(
        self,
        server: object,
        socket: object,
        address: object,
        error: BaseException | None = None,
        reason: str | None = None,
    ) -> None:
        super().__init__(server, socket, address)
        self.error = error
        self.reason = reason


class IServerEvent(Interface):
    """Something has happened to a server of HTTP."""

    __module__ = _PUBLIC_NAME

    server = Attribute("server", "The server.")


class _ServerEvent:
    def __init__(self, server: object) -> None:
        self.server = server

    def __repr__(self) -> str:
        shown = {name: each for name, each in vars(self).items() if name != "environ"}
        parts = " ".join(f"{name}={each!r}" for name, each in shown.items())
        return f"<{type(self).__name__} {parts}>"


@implementer(IServerEvent)
class RequestRefused(_ServerEvent):
    """A server has refused what was no request, or too much.

    Sent in the hub or where the connection is served: a subscriber must not block.

    Args:
        server: The server.
        address: Where the client is.
        status: The status of the answer, as ``"400 Bad Request"``.
        reason: What was wrong; the client is not told.
    """

    def __init__(
        self, server: object, address: object, status: str, reason: str
    ) -> None:
        super().__init__(server)
        self.address = address
        self.status = status
        self.reason = reason


@implementer(IServerEvent)
class RequestFinished(_ServerEvent):
    """The reply to a request has been sent, or never will be.

    Sent where the application ran.

    Args:
        server: The server.
        environ: The environ of the request, which may hold secrets.
        status: The status of the reply; None: there was none.
        octets: How many octets of the reply were sent.
        seconds: How long it took, from the head to the last octet.
    """

    def __init__(
        self,
        server: object,
        environ: dict[str, object],
        status: str | None,
        octets: int,
        seconds: float,
    ) -> None:
        super().__init__(server)
        self.environ = environ
        self.status = status
        self.octets = octets
        self.seconds = seconds


@implementer(IServerEvent)
class LimitReached(_ServerEvent):
    """Clients have reached a limit of a server.

    Sent in the hub or where the connection is served: a subscriber must not block.

    Args:
        server: The server.
        name: The name of the limit, as in ``Limits``.
    """

    def __init__(self, server: object, name: str) -> None:
        super().__init__(server)
        self.name = name


@implementer(IServerEvent)
class HandlerWarning(_ServerEvent):
    """An application did what it should not, and got away with it.

    Sent where it runs.

    Args:
        server: The server.
        environ: The environ of the request, which may hold secrets.
        text: What it did.
    """

    def __init__(self, server: object, environ: dict[str, object], text: str) -> None:
        super().__init__(server)
        self.environ = environ
        self.text = text


@implementer(IServerEvent)
class ServerStopping(_ServerEvent):
    """A server is about to accept nothing more.

    Sent where it is stopped.

    Args:
        server: The server.
    """


@implementer(IServerEvent)
class ServerStopped(_ServerEvent):
    """A server has stopped: nothing is served any more.

    Sent where it is stopped.

    Args:
        server: The server.
    """
