"""A web server."""

from gevent.pywsgi import WSGIServer


def application(environ, start_response):
    """Answer every request alike."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Hello, world"]


if __name__ == "__main__":
    WSGIServer(("127.0.0.1", 8080), application).serve_forever(handle_signals=True)
