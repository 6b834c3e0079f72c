import dns.resolver

from gevent.hub import Hub
from gevent.net.resolver.stub import StubResolver

__all__ = ("Resolver",)

class Resolver(StubResolver):
    def __init__(self, hub: Hub | None = None) -> None: ...
    @property
    def resolver(self) -> dns.resolver.Resolver: ...
