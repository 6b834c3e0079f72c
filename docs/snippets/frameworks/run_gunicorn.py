"""Run gunicorn with gevent's worker, ask it, and stop it."""

# needs: gunicorn, flask
import subprocess
import sys
import time
from urllib.request import urlopen

from gevent import socket

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py"]
command += ["--bind", f"127.0.0.1:{port}", "flask_app:app"]
process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
url = f"http://127.0.0.1:{port}/slow/7"
while True:
    try:
        print(urlopen(url).read())
        break
    except OSError:
        time.sleep(0.05)
process.terminate()
print("exit status", process.wait())
