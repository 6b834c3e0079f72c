"""A limit for each attempt, inside of one for all of them."""

import gevent


def ask(n):
    """Ask somebody who does not answer."""
    gevent.sleep(3600)


n_attempts = 0
try:
    with gevent.fail_after(0.1, name="asking"):
        while True:
            with gevent.move_on_after(0.02) as attempt:
                ask(n_attempts)
            if attempt.cancelled_caught:
                n_attempts += 1
except TimeoutError as error:
    print(f"gave up: {error}; more than one attempt: {n_attempts > 1}")
