"""Run a celery worker with greenlets, give it tasks, and stop it."""

# needs: celery, redis
# needs program: redis-server
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join("..", "databases"))
from redis_server import running

with running() as port:
    os.environ["REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
    from tasks import double

    command = [sys.executable, "-m", "celery", "-A", "tasks", "worker"]
    command += ["--pool", "gevent", "--concurrency", "100", "--without-gossip"]
    quiet = subprocess.DEVNULL
    worker = subprocess.Popen(command, stdout=quiet, stderr=quiet)
    double.delay(0).get(timeout=60)  # it has begun
    begin = time.monotonic()
    results = [double.delay(number) for number in range(20)]
    print(sum(result.get(timeout=60) for result in results))
    print("one after the other:", time.monotonic() - begin >= 20 * 0.1)
    worker.terminate()
    print("exit status", worker.wait())
