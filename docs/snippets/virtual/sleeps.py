"""A retry with growing delays, tested in no time."""

import gevent
from gevent.virtual import virtual_time


def with_retries(function, attempts=5, delay=1.0):
    for attempt in range(attempts):
        try:
            return function()
        except ConnectionError:
            gevent.sleep(delay * 2**attempt)
    raise TimeoutError("it never worked")


def fails():
    raise ConnectionError


with virtual_time() as clock:
    try:
        with_retries(fails)
    except TimeoutError as error:
        print(error, "in", clock.elapsed, "seconds")
