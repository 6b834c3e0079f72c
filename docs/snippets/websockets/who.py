"""Say who gets a WebSocket, and push to those who have one."""

# needs: wsproto, websocket
import gevent
from gevent.pywsgi import WSGIServer


def logged_in(environ):
    """Stand for a look at a cookie."""
    return environ["PATH_INFO"] == "/known"


# begin: push
def push(websocket):
    """Send now and then; ends by WebSocketError."""
    while True:
        websocket.send("news")
        gevent.sleep(1)


# end: push
# begin: application
def application(environ, start_response):
    """Refuse strangers before the handshake is answered."""
    if not logged_in(environ):
        start_response("403 Forbidden", [])
        return []
    websocket = environ["wsgi.websocket"]
    websocket.accept("chat.v2")  # a subprotocol that the client offers
    gevent.spawn(push, websocket)
    while websocket.receive() is not None:
        pass
    return []


# end: application
server = WSGIServer(("127.0.0.1", 0), application, websocket=True, log=None)
server.start()


def ask(path):
    """Talk to it, in a native thread."""
    import websocket

    url = f"ws://127.0.0.1:{server.server_port}{path}"
    try:
        connection = websocket.create_connection(url, subprotocols=["chat.v2"])
    except websocket.WebSocketBadStatusException as error:
        return error.status_code
    answer = connection.subprotocol, connection.recv()
    connection.close()
    return answer


for path in ("/unknown", "/known"):
    print(gevent.get_hub().threadpool.apply(ask, (path,)))
server.stop()
