"""One of many fails."""

from gevent.pool import Pool


def parse(text):
    """Fail for what is no number."""
    return int(text)


pool = Pool(2)
try:
    pool.map(parse, ["1", "two", "3"])
except ValueError as error:
    print("map:", error)

greenlets = [pool.spawn(parse, text) for text in ("1", "two", "3")]
pool.join()
for greenlet in greenlets:
    print(greenlet.value if greenlet.successful() else repr(greenlet.exception))
