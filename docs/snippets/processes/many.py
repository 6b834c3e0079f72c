"""Run programs, and wait for all of them at once."""

import sys

import gevent
from gevent import subprocess


def run(number):
    """Run a program; only this greenlet waits for it."""
    program = f"import time; time.sleep(0.05); print({number} ** 2)"
    return subprocess.check_output([sys.executable, "-c", program], text=True).strip()


greenlets = [gevent.spawn(run, number) for number in range(4)]
gevent.joinall(greenlets, raise_error=True)
print([greenlet.value for greenlet in greenlets])

try:
    subprocess.check_output([sys.executable, "-c", "raise SystemExit(3)"])
except subprocess.CalledProcessError as error:
    print("exit status", error.returncode)
