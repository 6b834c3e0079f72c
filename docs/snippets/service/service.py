"""Counters that clients share: over TLS, kept in a file, monitored, typed.

    python service.py PORT MONITORING_PORT FILE

Serves until SIGTERM or Ctrl-C.
"""

from __future__ import annotations

import json
import logging
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import gevent
from gevent import TaskGroup, events, move_on_after, ssl
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer
from gevent.server import StreamServer
from gevent.util import loop_lag

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

    from gevent.socket import socket

MOST_CLIENTS = 1000
SILENCE = 60.0  # seconds
LONGEST_LINE = 200  # characters
SAVING = 10.0  # seconds from one time to the next

HERE = Path(__file__).parent
log = logging.getLogger("counters")


# begin: counters
class Counters:
    """Numbers by name, in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values: Counter[str] = Counter()
        if path.exists():
            self._values.update(json.loads(path.read_text()))

    def answer(self, line: str) -> str:
        """Do what a line says, and return what to say."""
        match line.split():
            case ["add", name]:
                self._values[name] += 1
                return str(self._values[name])
            case ["get", name]:
                return str(self._values[name])
            case _:
                return "error: say `add NAME` or `get NAME`"

    def save(self) -> None:
        """Write the file; the disk keeps a native thread waiting, and nobody else."""
        text = json.dumps(self._values)  # no switch: what is written is of one moment
        gevent.get_hub().threadpool.apply(self._write, (text,))

    def _write(self, text: str) -> None:
        draft = self._path.with_suffix(".new")
        draft.write_text(text)
        draft.replace(self._path)


# end: counters


# begin: service
class Service:
    """Serves counters to clients.

    Args:
        counters: What is served.
        port: Where; 0 lets the system choose.
    """

    def __init__(self, counters: Counters, port: int) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(HERE / "certificate.pem", HERE / "key.pem")
        self._counters = counters
        self.n_requests = 0
        self.clients = Pool(MOST_CLIENTS)
        self.server = StreamServer(
            ("127.0.0.1", port),
            self._handle,
            spawn=self.clients,
            ssl_context=context,
        )

    def _handle(self, sock: socket, address: tuple[str, int]) -> None:
        with sock.makefile("rw", encoding="utf-8", newline="\n") as stream:
            while True:
                with move_on_after(SILENCE) as patience:
                    line = stream.readline(LONGEST_LINE)
                    if not line:
                        return
                    self.n_requests += 1
                    stream.write(self._counters.answer(line) + "\n")
                    stream.flush()
                if patience.cancelled_caught:
                    log.info("%s:%d was silent for too long", *address)
                    return


# end: service


# begin: monitoring
class Monitoring:
    """Tells how the service does, over HTTP.

    Args:
        service: What is watched.
        port: Where; 0 lets the system choose.
    """

    def __init__(self, service: Service, port: int) -> None:
        self._service = service
        self._n_stalls = 0
        self.server = WSGIServer(("127.0.0.1", port), self._show, log=None)
        events.subscribe(events.LoopStalled, self._note_stall)

    def _note_stall(self, event: events.LoopStalled) -> None:
        self._n_stalls += 1
        log.warning("%r held the loop up: %.3f s", event.greenlet, event.duration)

    def _show(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        numbers = {
            "counters_clients": len(self._service.clients),
            "counters_requests_total": self._service.n_requests,
            "counters_stalls_total": self._n_stalls,
            "counters_lag_seconds": loop_lag().quantile(0.99),
        }
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [f"{name} {value}\n".encode() for name, value in numbers.items()]


# end: monitoring


# begin: main
def save_now_and_then(counters: Counters) -> None:
    """Save for ever."""
    while True:
        gevent.sleep(SAVING)
        counters.save()


def main(port: int, monitoring_port: int, path: Path) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish what is under way, and save."""
    logging.basicConfig(level=logging.INFO)
    counters = Counters(path)
    service = Service(counters, port)
    monitoring = Monitoring(service, monitoring_port)
    service.server.start()
    monitoring.server.start()
    print(f"listening on port {service.server.server_port}", flush=True)
    print(f"monitoring on port {monitoring.server.server_port}", flush=True)
    with TaskGroup() as group:
        group.spawn_service(save_now_and_then, counters)
        service.server.serve_forever(stop_timeout=5, handle_signals=True)
    monitoring.server.stop()
    counters.save()
    print("stopped", flush=True)


# end: main
if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
