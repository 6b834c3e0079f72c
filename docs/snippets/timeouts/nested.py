"""Only catch the time-out that is yours."""

import gevent
from gevent import Timeout


def one_attempt():
    """Try for a short time; say whether it was in time."""
    mine = Timeout(0.01)
    with mine:
        try:
            gevent.sleep(10)
        except Timeout as fired:
            if fired is not mine:
                raise  # the caller's limit: not ours to swallow
            return False
    return True


try:
    with Timeout(0.2, TimeoutError("all attempts together")):
        n_attempts = 0
        while not one_attempt():
            n_attempts += 1
except TimeoutError as error:
    print(f"gave up: {error}; more than one attempt: {n_attempts > 1}")
