from collections.abc import Iterable
from typing import TypedDict, Unpack, type_check_only

from gevent.hub import Hub
from gevent.net.resolver.stub import StubResolver
from gevent.resolver.cares import channel

__all__ = ("Resolver",)

@type_check_only
class _Parameters(TypedDict, total=False):
    flags: int | None
    timeout: float | None
    tries: int | None
    ndots: int | None
    udp_port: int | None
    tcp_port: int | None
    servers: str | bytes | Iterable[str | bytes] | None

class Resolver(StubResolver):
    cares_class: type[channel]
    cares: channel | None
    params: _Parameters
    def __init__(
        self,
        hub: Hub | None = None,
        use_environ: bool = True,
        **kwargs: Unpack[_Parameters],
    ) -> None: ...
    def close(self) -> None: ...
