"""What has begun is finished, whatever the deadline says."""

import gevent


def write_down(order):
    """Two steps that belong together."""
    print("taken from the account")
    gevent.sleep(0.02)
    print("written to the books")


with gevent.move_on_after(0.01) as scope:
    with gevent.CancelScope(shield=True):
        write_down("7 apples")  # the deadline passes here, and waits
    gevent.sleep(3600)  # here it is met
print("out of time:", scope.cancelled_caught)
