"""Every signature of ``gevent.backdoor``: pinned, so that a change is seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO, Unpack, assert_type

from gevent.backdoor import BackdoorServer, _ServerArguments
from gevent.baseserver import _Listener
from gevent.socket import _PeerAddress
from gevent.socket import socket as _GeventSocket


def backdoorserver_locals(it: BackdoorServer) -> None:
    assert_type(it.locals, dict[str, object])


def backdoorserver_banner(it: BackdoorServer) -> None:
    assert_type(it.banner, str | None)


def backdoorserver_stderr(it: BackdoorServer) -> None:
    assert_type(it.stderr, TextIO | None)


def backdoorserver_made(
    listener: _Listener,
    locals: Mapping[str, object] | None,
    banner: str | None,
    *,
    allow_public: bool,
    **server_args: Unpack[_ServerArguments],
) -> None:
    assert_type(
        BackdoorServer(
            listener, locals, banner, allow_public=allow_public, **server_args
        ),
        BackdoorServer,
    )


def backdoorserver_handle(
    it: BackdoorServer, conn: _GeventSocket, _address: _PeerAddress
) -> None:
    assert_type(it.handle(conn, _address), None)
