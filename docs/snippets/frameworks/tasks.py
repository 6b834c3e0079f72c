"""A task for celery."""

import os
import time

from celery import Celery

redis = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
app = Celery("tasks", broker=redis, backend=redis)


@app.task
def double(number):
    """Wait as for a network, and answer."""
    time.sleep(0.1)
    return 2 * number
