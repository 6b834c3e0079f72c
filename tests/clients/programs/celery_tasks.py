"""Tasks of Celery."""

import os
import socket

from celery import Celery

address = os.environ["CELERY_ADDRESS"]
app = Celery("celery_tasks", broker=address, backend=address)
app.conf.broker_connection_retry_on_startup = True
app.conf.worker_prefetch_multiplier = 10

n_waiting = 0
all_here = None


@app.task
def add(a, b):
    """Add."""
    return a + b


@app.task
def patched():
    """Say whose sockets there are."""
    return socket.socket.__module__.partition(".")[0]


@app.task
def together():
    """Wait until three tasks are here."""
    global n_waiting, all_here
    import threading

    if all_here is None:
        all_here = threading.Event()
    n_waiting += 1
    if n_waiting == 3:
        all_here.set()
    assert all_here.wait(60)
    return n_waiting


@app.task(bind=True, max_retries=3)
def retried(self):
    """Work at the third try."""
    if self.request.retries < 2:
        raise self.retry(countdown=0)
    return self.request.retries


@app.task
def failing():
    """Fail."""
    raise ValueError("deliberate")
