"""Visit every page of a site that can be reached, a few at a time."""

from gevent import monkey

monkey.patch_all()

import re
from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import urlopen

from site_to_crawl import serving

from gevent import Timeout
from gevent.pool import Pool

WORKERS = 4
SECONDS = 5.0  # for one page


class Crawler:
    """Remembers what was seen, and fetches what was not."""

    def __init__(self):
        self.seen = {}  # address: what came
        self.pool = Pool(WORKERS)

    def crawl(self, start):
        """Visit all that can be reached from an address."""
        found = [start]
        while found:  # one round for each distance from the start
            for url in found:
                self.seen[url] = None
            links = set().union(*self.pool.map(self.visit, found))
            found = sorted(links - self.seen.keys())
        return self.seen

    def visit(self, url):
        """Fetch one page; return the addresses it links to."""
        try:
            with Timeout(SECONDS, TimeoutError("too slow")), urlopen(url) as answer:
                text = answer.read().decode()
        except HTTPError as error:
            self.seen[url] = f"{error.code}"
            return set()
        except OSError as error:  # refused, reset, no such name, too slow
            self.seen[url] = f"{error}"
            return set()
        self.seen[url] = f"{len(text)} characters"
        return {urljoin(url, link) for link in re.findall('href="([^"]*)"', text)}


with serving() as site:
    result = Crawler().crawl(site + "/")
    for url, outcome in sorted(result.items()):
        print(url.removeprefix(site), outcome)
