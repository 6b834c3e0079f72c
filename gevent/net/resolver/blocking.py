"""The resolver that blocks the loop: the home of ``gevent.resolver.blocking``."""

from __future__ import annotations

import _socket
from typing import TYPE_CHECKING

from gevent._base.publish import publish

if TYPE_CHECKING:
    from gevent._hub.hub import Hub

__all__ = ("Resolver",)


class Resolver:
    """Answers by the system's functions in the calling thread.

    Every lookup of a name stops all greenlets of the thread until it is answered. For
    programs that look up little, or want neither threads nor another resolver.

    Args:
        hub: Whose resolver it is; it is not used.
    """

    def __init__(self, hub: Hub | None = None) -> None:
        del hub

    def close(self) -> None:
        """Do nothing: there is nothing to release."""

    getaddrinfo = staticmethod(_socket.getaddrinfo)
    gethostbyname = staticmethod(_socket.gethostbyname)
    gethostbyname_ex = staticmethod(_socket.gethostbyname_ex)
    gethostbyaddr = staticmethod(_socket.gethostbyaddr)
    getnameinfo = staticmethod(_socket.getnameinfo)


publish(__name__, "gevent.resolver.blocking")
