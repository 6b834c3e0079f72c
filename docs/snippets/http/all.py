"""What the page about HTTP shows."""

from urllib.error import HTTPError
from urllib.request import Request, urlopen

from hello import application

from gevent import get_hub

# begin: limits
from gevent.pywsgi import Limits, Timeouts, WSGIServer

server = WSGIServer(
    ("127.0.0.1", 0),
    application,
    limits=Limits(body=10 * 2**20, per_address=50),
    timeouts=Timeouts(idle=15, head=10),
    log=None,  # no line for each request
)
# end: limits


def get(server, **options):
    """Ask a server, in a native thread: nothing is patched here."""
    url = f"http://127.0.0.1:{server.server_port}/"

    def ask():
        try:
            with urlopen(Request(url, **options), timeout=5) as answer:
                return answer.status, answer.read()[:12]
        except HTTPError as error:
            with error:
                return error.code, error.read()[:12]

    return get_hub().threadpool.apply(ask)


server.start()
print(get(server))
print(server.stats()["requests"])
server.stop()


# begin: file
def send_file(environ, start_response):
    """Answer with a file, which the kernel sends."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return environ["wsgi.file_wrapper"](open("hello.py", "rb"))


# end: file
server = WSGIServer(("127.0.0.1", 0), send_file, log=None)
server.start()
print(get(server))
server.stop()


# begin: restart
class Server(WSGIServer):
    """Several processes may listen on its port: an old one and a new one."""

    reuse_port = True


# end: restart
first = Server(("127.0.0.1", 0), application, log=None)
first.start()
second = Server(first.address, application, log=None)
second.start()
first.stop()
print("the second one:", get(second))
second.stop()
