"""Two things at once, and an end of both."""

import gevent


def fetch(name, seconds):
    """Pretend to ask somebody."""
    gevent.sleep(seconds)
    return f"{name}'s answer"


with gevent.TaskGroup() as group:
    first = group.spawn(fetch, "ann", 0.02)
    second = group.spawn(fetch, "bob", 0.01)
    print("both are on their way")
print(first.value, "and", second.value)  # here both have ended
