"""Read what a program prints, line by line, as it comes."""

import sys

from gevent.subprocess import PIPE, Popen

PROGRAM = """
import sys
for line in sys.stdin:
    print(line.upper(), end="", flush=True)
"""

with Popen(
    [sys.executable, "-c", PROGRAM], stdin=PIPE, stdout=PIPE, text=True
) as child:
    for word in ("one", "two"):
        child.stdin.write(word + "\n")
        child.stdin.flush()
        print("it says", child.stdout.readline().strip())
    child.stdin.close()  # the end of its input
print("exit status", child.returncode)
