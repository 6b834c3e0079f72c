"""Fetch many pages at once, a few at a time.

    python examples/concurrent_download.py URL...

It prints a line for each page as it arrives: the status, the size, how long it took and
the URL; or what went wrong. The exit status is 1 if anything did.

Nothing here is gevent's but the first lines and the pool: ``urllib`` cooperates because
the standard library is patched before it is imported.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402
import time  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from urllib.request import urlopen  # noqa: E402

import gevent  # noqa: E402
from gevent.pool import Pool  # noqa: E402

AT_A_TIME = 10
LIMIT = 30.0  # seconds for one page, from the look-up of its name to its last byte


@dataclass(frozen=True)
class Page:
    """What has become of one URL."""

    url: str
    seconds: float
    status: int = 0
    size: int = 0
    failure: str = ""

    def __str__(self) -> str:
        if self.failure:
            return f"failed {self.seconds:6.2f} s  {self.url}: {self.failure}"
        return f"{self.status} {self.size:9} B {self.seconds:6.2f} s  {self.url}"


def fetch(url: str) -> Page:
    """Fetch one page; never raise what a network can do."""
    start = time.monotonic()
    try:
        status, size = gevent.with_timeout(LIMIT, download, url)
    except (OSError, ValueError) as error:
        return Page(url, time.monotonic() - start, failure=str(error))
    except gevent.Timeout:
        return Page(url, LIMIT, failure="took too long")
    return Page(url, time.monotonic() - start, status, size)


def download(url: str) -> tuple[int, int]:
    """Return the status and the size of a page."""
    with urlopen(url) as reply:
        return reply.status, len(reply.read())


def main() -> int:
    """Fetch what the command line names, and print each as it comes."""
    pages: list[Page] = []
    for page in Pool(AT_A_TIME).imap_unordered(fetch, sys.argv[1:]):
        print(page, flush=True)
        pages.append(page)
    return 1 if any(page.failure for page in pages) else 0


if __name__ == "__main__":
    sys.exit(main())
