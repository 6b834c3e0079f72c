from gevent.virtual import Network as Network

__all__ = ("Network",)

BUFFER_SIZE: int
