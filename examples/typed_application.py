#!/usr/bin/env python3
"""A crawler and what it crawls: a TLS server, a pool of workers, events, all typed.

    python examples/typed_application.py CERTIFICATE KEY

The server shows pages that link to each other; the crawler visits them all, a few at a
time, and counts their words in native threads. What happens is told by events: of the
server, when connections come and go, and of the crawler, through zope.event.

``mypy --strict`` and pyright in strict mode check this program; see
``tests/examples/test_typed_application.py``.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import gevent
from gevent import Greenlet, Timeout, events, ssl
from gevent.event import AsyncResult, Event
from gevent.lock import BoundedSemaphore
from gevent.pool import Pool
from gevent.queue import Empty, Queue
from gevent.server import StreamServer
from gevent.socket import create_connection, socket

HOST = "127.0.0.1"
WORKERS = 4
CONNECTIONS = 3
# Seconds: for one page, and for everything.
PAGE_TIMEOUT = 5.0
TIMEOUT = 30.0
MOST_PAGES = 100

PAGES = {
    "/": "welcome to the site /about /news /missing",
    "/about": "about this site /",
    "/news": "news of today /news/one /news/two",
    "/news/one": "the first of the news /news /about",
    "/news/two": "the second of the news /news/one",
}


# -- events --------------------------------------------------------------------------


@dataclass(frozen=True)
class PageVisited:
    """A page was read."""

    path: str
    status: int
    links: tuple[str, ...]


@dataclass(frozen=True)
class CrawlEnded:
    """Nothing is left to be visited."""

    n_pages: int
    in_time: bool


@dataclass
class Log:
    """Listens to events, and counts them."""

    visited: list[PageVisited] = field(default_factory=list[PageVisited])
    accepted: int = 0
    closed: int = 0
    failures: list[str] = field(default_factory=list[str])
    ended: Event = field(default_factory=Event)

    def __call__(self, event: object) -> None:
        """Take an event."""
        if isinstance(event, PageVisited):
            self.visited.append(event)
        elif isinstance(event, CrawlEnded):
            self.ended.set()
        elif isinstance(event, events.ConnectionAccepted):
            self.accepted += 1
        elif isinstance(event, events.ConnectionClosed):
            self.closed += 1
            if event.error is not None:
                self.failures.append(repr(event.error))

    @property
    def paths(self) -> list[str]:
        """The pages that were there, sorted."""
        return sorted(each.path for each in self.visited if each.status == 200)


@contextmanager
def listening(subscriber: Callable[[object], object]) -> Generator[None, None, None]:
    """Let a subscriber have all events of a block."""
    events.subscribers.append(subscriber)
    try:
        yield
    finally:
        events.subscribers.remove(subscriber)


# -- the server ----------------------------------------------------------------------


class Site:
    """Pages, and the handler that shows them."""

    def __init__(self, pages: dict[str, str]) -> None:
        self.pages = pages
        self.hits: Counter[str] = Counter()

    def handle(self, sock: socket, address: tuple[str, int]) -> None:
        """Answer the one request of a connection."""
        host, port = address
        with sock.makefile("r", encoding="ascii") as lines:
            request = lines.readline().split()
        if len(request) != 3:
            print(f"nonsense from {host}:{port}", file=sys.stderr)
            return
        path = request[1]
        self.hits[path] += 1
        page = self.pages.get(path)
        status = "200 OK" if page is not None else "404 Not Found"
        body = (page or "").encode()
        head = f"HTTP/1.0 {status}\r\nContent-Length: {len(body)}\r\n\r\n"
        sock.sendall(head.encode() + body)


@contextmanager
def serving(site: Site, context: ssl.SSLContext) -> Generator[int, None, None]:
    """Serve a site during a block; give the port."""
    server = StreamServer(
        (HOST, 0), site.handle, spawn=Pool(WORKERS), ssl_context=context
    )
    server.start()
    try:
        port = server.server_port
        assert port is not None
        assert server.pool.free_count() == WORKERS
        yield port
    finally:
        server.stop(timeout=1)


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return the context of a server with a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def client_context(certificate: Path) -> ssl.SSLContext:
    """Return the context of clients that trust one certificate."""
    context = ssl.create_default_context(cafile=certificate)
    context.check_hostname = False
    return context


# -- the crawler ---------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """What came for a path."""

    path: str
    status: int
    text: str

    @property
    def links(self) -> tuple[str, ...]:
        """The paths that the text names."""
        return tuple(word for word in self.text.split() if word.startswith("/"))


class Crawler:
    """Visits all pages that can be reached, a few at a time.

    Args:
        port: Where the site is.
        context: To reach it by TLS.
    """

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        self.port = port
        self.context = context
        self.paths: Queue[str] = Queue()
        self.seen: set[str] = set()
        self.words: Counter[str] = Counter()
        self.connections = BoundedSemaphore(CONNECTIONS)
        self.workers = Pool(WORKERS)

    def crawl(self, start: str) -> bool:
        """Visit what can be reached from a path; return whether all was, in time."""
        self._add(start)
        for _ in range(WORKERS):
            self.workers.spawn(self._work).link_exception(self._note_failure)
        in_time = self.paths.join(timeout=TIMEOUT)
        self.workers.kill(timeout=1)
        events.notify(CrawlEnded(len(self.seen), in_time))
        return in_time

    def _add(self, path: str) -> None:
        if path not in self.seen and len(self.seen) < MOST_PAGES:
            self.seen.add(path)
            self.paths.put(path)

    def _note_failure(self, worker: Greenlet[..., None]) -> None:
        error = worker.exception
        assert error is not None
        print(f"a worker failed: {error!r}", file=sys.stderr)

    def _work(self) -> None:
        while True:
            path = self.paths.get()
            try:
                self._visit(path)
            finally:
                self.paths.task_done()

    def _visit(self, path: str) -> None:
        page = self._fetch(path)
        if page is None:
            return
        counted: AsyncResult[Counter[str]] = gevent.get_hub().threadpool.spawn(
            count_words, page.text
        )
        for link in page.links:
            self._add(link)
        self.words.update(counted.get(timeout=PAGE_TIMEOUT))
        events.notify(PageVisited(path, page.status, page.links))

    def _fetch(self, path: str) -> Page | None:
        """Return a page; None if it does not come in time."""
        with self.connections, Timeout(PAGE_TIMEOUT, False):
            return self._ask(path)
        print(f"{path} did not come in time", file=sys.stderr)
        return None

    def _ask(self, path: str) -> Page:
        plain = create_connection((HOST, self.port), timeout=PAGE_TIMEOUT)
        with self.context.wrap_socket(plain, server_hostname=HOST) as sock:
            sock.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
            with sock.makefile("rb") as answer:
                status = int(answer.readline().split()[1])
                while answer.readline().strip():
                    pass  # the fields of the head
                return Page(path, status, answer.read().decode())


def count_words(text: str) -> Counter[str]:
    """Count the words that are no links; runs in a native thread."""
    return Counter(word for word in text.split() if not word.startswith("/"))


# -- all of it -----------------------------------------------------------------------


def progress(queue: Queue[str], ended: Event) -> int:
    """Say how much is left now and then; return how often."""
    n_times = 0
    while not ended.wait(timeout=0.5):
        print(f"{queue.qsize()} pages wait", file=sys.stderr)
        n_times += 1
    return n_times


def drained(queue: Queue[str]) -> list[str]:
    """Return what is left in a queue."""
    left: list[str] = []
    while True:
        try:
            left.append(queue.get_nowait())
        except Empty:
            return left


def run(certificate: Path, key: Path) -> Log:
    """Serve the pages, crawl them, and return what the events said."""
    log, site = Log(), Site(PAGES)
    with listening(log), serving(site, server_context(certificate, key)) as port:
        crawler = Crawler(port, client_context(certificate))
        reporter = gevent.spawn(progress, crawler.paths, log.ended)
        in_time = gevent.with_timeout(2 * TIMEOUT, crawler.crawl, "/")
        done = gevent.wait([reporter, log.ended], timeout=5)
        left = drained(crawler.paths)
    print(f"{len(log.paths)} pages: {' '.join(log.paths)}")
    print(f"most often: {crawler.words.most_common(1)[0][0]}")
    print(f"in time: {in_time}, left: {len(left)}, waited for: {len(done)}")
    return log


def main(arguments: list[str]) -> int:
    """Run it with the files that the command line names."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    certificate, key = map(Path, arguments)
    log = gevent.spawn(run, certificate, key).get(timeout=3 * TIMEOUT)
    return 0 if log.paths == sorted(PAGES) and not log.failures else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
