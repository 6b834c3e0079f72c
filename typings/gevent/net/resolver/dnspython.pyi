from gevent.resolver.dnspython import Resolver as Resolver

__all__ = ("Resolver",)
