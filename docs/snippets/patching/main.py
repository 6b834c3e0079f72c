"""A program that knows nothing of gevent, but for its first two lines."""

from gevent import monkey

monkey.patch_all()

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen


running = most = 0


class Slow(BaseHTTPRequestHandler):
    """Answers after a while; counts how many do that at a time."""

    def do_GET(self):
        """Answer a request."""
        global running, most
        running += 1
        most = max(most, running)
        time.sleep(0.05)
        running -= 1
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.path.encode())

    def log_message(self, *arguments):
        """Stay silent."""


class Server(ThreadingHTTPServer):
    """Lets many clients wait to be accepted."""

    request_queue_size = 100


server = Server(("127.0.0.1", 0), Slow)
threading.Thread(target=server.serve_forever, daemon=True).start()
answers = []


def fetch(number):
    """Get one page with the standard library."""
    url = f"http://127.0.0.1:{server.server_port}/{number}"
    answers.append(urlopen(url).read())


threads = [threading.Thread(target=fetch, args=(n,)) for n in range(20)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
server.shutdown()
server.server_close()

print(len(answers), "answers")
print("several at a time:", most > 1)
