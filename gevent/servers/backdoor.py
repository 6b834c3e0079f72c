"""A Python console for each client: the home of ``gevent.backdoor``.

Whoever can connect can do everything the process can: there is no authentication. So a
server listens on a unix socket (with mode 0600) or on the loopback interface only,
unless it is told that the public may come.
"""

from __future__ import annotations

import builtins
import sys
from _socket import AF_INET, AF_INET6, AF_UNIX
from ipaddress import ip_address
from typing import TYPE_CHECKING

from greenlet import getcurrent

from gevent._base.publish import publish
from gevent.servers.console import (
    ConsoleInput,
    ConsoleOutput,
    InteractiveConsole,
    Session,
    Streams,
)
from gevent.servers.server import StreamServer
from gevent.sync.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

    from gevent.net.socket import socket as gevent_socket

__all__ = ("BackdoorServer",)

_USAGE = "USAGE: {} PORT [banner]\n"


class BackdoorServer(StreamServer):
    """A server of Python consoles.

    Each client gets a console of its own; its ``sys.stdin``, ``sys.stdout`` and
    ``sys.stderr`` are the connection. Best listen on a unix socket that only you may
    open; there is no authentication.

    Args:
        listener: A listening socket or an address; see ``BaseServer``.
        locals: Names that a console starts with; each client has a copy.
        banner: What is printed first; None: what Python prints.
        allow_public: Whether others than this machine's users may connect.
        server_args: As of ``StreamServer``.

    Raises:
        ValueError: *listener* can be reached from other machines, and *allow_public* is
            not set.
    """

    def __init__(
        self,
        listener: object,
        locals: Mapping[str, object] | None = None,
        banner: str | None = None,
        *,
        allow_public: bool = False,
        **server_args: object,
    ):
        # Another `spawn` would be given twice: sessions need their own greenlets.
        StreamServer.__init__(
            self,
            listener,
            spawn=Pool(greenlet_class=Session),
            **server_args,  # type: ignore[arg-type]  # TLS keywords
        )
        if not (allow_public or self._is_private()):
            address = self.address
            self.close()
            raise ValueError(
                f"a backdoor on {address!r} could be opened from other machines; "
                f"listen on a unix socket or on 127.0.0.1, or pass allow_public=True"
            )
        self.locals: dict[str, object] = {
            "__doc__": None,
            "__name__": "__console__",
            **(locals or {}),
        }
        self.banner = banner
        self.stderr: TextIO | None = sys.stderr

    def _is_private(self) -> bool:
        """Whether only programs on this machine can connect."""
        if self.family not in (AF_INET, AF_INET6):
            return self.family == AF_UNIX
        host = self.address[0]
        if host == "localhost":
            return True
        try:
            address = ip_address(host)
        except ValueError:
            return False  # a name, or nothing, which is all interfaces
        mapped = getattr(address, "ipv4_mapped", None)
        return (mapped or address).is_loopback

    def handle(self, conn: gevent_socket, _address: object) -> None:
        """Run one session; the connection is closed at its end.

        Blocking:
            Switches to the hub.
        """
        session = getcurrent()
        if isinstance(session, Session):
            self._interact(session, conn)  # switches
        else:
            # Called by a program itself: the streams must change with a greenlet.
            Session.spawn(self.handle, conn, _address).join()  # switches

    def _interact(self, session: Session, conn: gevent_socket) -> None:
        stdin, stdout = ConsoleInput(conn), ConsoleOutput(conn)
        console = InteractiveConsole(self._new_namespace(), stdin, stdout)
        try:
            with session.streams(Streams(stdin, stdout, stdout)):
                _set_prompts()
                console.interact(banner=self.banner, exitmsg="")  # switches
        except SystemExit:
            pass  # only this session ends
        except OSError:
            if not stdout.is_broken:
                raise
            # The client has gone.

    def _new_namespace(self) -> dict[str, object]:
        namespace = dict(self.locals)
        namespace.setdefault("__builtins__", builtins)
        namespace.setdefault("builtins", builtins)
        return namespace


def _set_prompts() -> None:
    """What interactive Python sets at its start."""
    if not hasattr(sys, "ps1"):
        sys.ps1 = ">>> "
    if not hasattr(sys, "ps2"):
        sys.ps2 = "... "


def main() -> int:
    """Serve on a port of 127.0.0.1 until interrupted; return the exit status."""
    program, *arguments = sys.argv
    if not arguments:
        sys.stdout.write(_USAGE.format(program))
        return 0
    banner = arguments[1] if len(arguments) > 1 else None
    server = BackdoorServer(("127.0.0.1", int(arguments[0])), banner=banner)
    server.serve_forever(handle_signals=True)
    return 0


publish(__name__, "gevent.backdoor")
