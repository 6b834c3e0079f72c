from gevent.resolver.blocking import Resolver as Resolver

__all__ = ("Resolver",)
