"""Let the others go on, and hear of all failures in the end."""

import gevent


def check(number):
    """Fail for odd numbers."""
    gevent.sleep(0.001 * number)
    if number % 2:
        raise ValueError(f"{number} is odd")
    return number


try:
    with gevent.TaskGroup(on_failure="collect") as group:
        greenlets = [group.spawn(check, number) for number in range(5)]
except* ValueError as errors:
    print("failed:", [str(error) for error in errors.exceptions])
print("the others:", [each.value for each in greenlets if each.exception is None])
