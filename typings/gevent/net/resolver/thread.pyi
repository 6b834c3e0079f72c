from gevent.resolver.thread import Resolver as Resolver

__all__ = ("Resolver",)
