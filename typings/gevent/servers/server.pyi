from gevent.server import DatagramServer as DatagramServer
from gevent.server import StreamServer as StreamServer

__all__ = ("DatagramServer", "StreamServer")

HANDSHAKE_FAILED: str
