"""A long computation in Python: let others run now and then, or leave the process."""

import gevent

order = []


def add_up(numbers):
    """Add numbers, and give way after every thousandth."""
    total = 0
    for n_done, number in enumerate(numbers, 1):
        total += number
        if n_done % 1000 == 0:
            order.append("computed")
            gevent.sleep(0)  # whoever can run, runs now
    return total


def serve():
    """Stand for something that must not wait long."""
    for _ in range(3):
        order.append("served")
        gevent.sleep(0)


jobs = [gevent.spawn(add_up, range(3000)), gevent.spawn(serve)]
gevent.joinall(jobs)
print(jobs[0].value)
print(order)
