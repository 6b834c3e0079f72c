from gevent.websocket import FrameTooLargeException as FrameTooLargeException
from gevent.websocket import GunicornWorker as GunicornWorker
from gevent.websocket import ProtocolError as ProtocolError
from gevent.websocket import WebSocket as WebSocket
from gevent.websocket import WebSocketError as WebSocketError
from gevent.websocket import WebSocketHandler as WebSocketHandler
