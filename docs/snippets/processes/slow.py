"""End a program that takes too long."""

import sys

from gevent.subprocess import PIPE, Popen, TimeoutExpired

SLEEPER = "import time; print('begun', flush=True); time.sleep(60)"

child = Popen([sys.executable, "-c", SLEEPER], stdout=PIPE, text=True)
print(child.stdout.readline().strip())
try:
    child.communicate(timeout=0.01)
except TimeoutExpired:
    child.terminate()  # SIGTERM; kill() where it may be ignored
    rest, _ = child.communicate()
print("ended by signal", -child.returncode)
