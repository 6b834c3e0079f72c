"""A WebSocket that says what it hears."""

# needs: wsproto, websocket
import gevent
from gevent.pywsgi import WSGIServer


# begin: application
def application(environ, start_response):
    """Serve WebSockets; say so to others."""
    websocket = environ.get("wsgi.websocket")
    if websocket is None:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"This is no WebSocket."]
    while (message := websocket.receive()) is not None:
        websocket.send(message)
    return []


server = WSGIServer(("127.0.0.1", 0), application, websocket=True, log=None)
# end: application
server.start()


def ask(url):
    """Talk to it, in a native thread."""
    import websocket

    connection = websocket.create_connection(url)
    connection.send("hello")
    answer = connection.recv()
    connection.close()
    return answer


url = f"ws://127.0.0.1:{server.server_port}/"
print(gevent.get_hub().threadpool.apply(ask, (url,)))
server.stop()
