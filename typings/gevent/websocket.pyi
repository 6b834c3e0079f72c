from typing import Any

from gevent.servers.http.websocket.socket import WebSocket as WebSocket
from gevent.servers.websocket import *

GunicornWorker: type[Any]
