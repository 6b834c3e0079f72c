from collections.abc import Mapping
from typing import TextIO, Unpack, type_check_only

from gevent.baseserver import _Listener, _Spawn
from gevent.server import StreamServer, _TLSArguments
from gevent.socket import _PeerAddress
from gevent.socket import socket as _GeventSocket

__all__ = ("BackdoorServer",)

@type_check_only
class _ServerArguments(_TLSArguments, total=False):
    backlog: int | None
    spawn: _Spawn

class BackdoorServer(StreamServer):
    locals: dict[str, object]
    banner: str | None
    stderr: TextIO | None
    def __init__(
        self,
        listener: _Listener,
        locals: Mapping[str, object] | None = None,
        banner: str | None = None,
        *,
        allow_public: bool = False,
        **server_args: Unpack[_ServerArguments],
    ) -> None: ...
    def handle(self, conn: _GeventSocket, _address: _PeerAddress) -> None: ...
