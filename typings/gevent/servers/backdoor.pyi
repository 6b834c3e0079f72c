from gevent.backdoor import BackdoorServer as BackdoorServer

__all__ = ("BackdoorServer",)
