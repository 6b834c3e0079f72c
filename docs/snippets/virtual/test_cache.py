"""What a test file looks like; run it with pytest."""

import gevent
import pytest


class Cache:
    """Forgets what is older than a minute."""

    def __init__(self):
        self.values = {}

    def put(self, key, value):
        """Keep a value."""
        self.values[key] = value
        gevent.spawn_later(60, self.values.pop, key, None)


def test_a_value_is_there_for_a_minute(virtual_clock):
    cache = Cache()
    cache.put("key", "value")
    gevent.sleep(59)
    assert "key" in cache.values
    gevent.sleep(2)
    assert "key" not in cache.values


@pytest.mark.virtual_time(seed=3, start=0.0)
def test_with_options(virtual_clock):
    gevent.sleep(86400)
    assert virtual_clock.elapsed == 86400
