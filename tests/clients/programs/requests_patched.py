"""requests, patched, over TLS."""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402

import requests  # noqa: E402

import gevent  # noqa: E402

CERTIFICATE = __file__.rpartition("/tests/")[0] + "/tests/net/tls/server.pem"
PATIENCE = 50
base = f"https://localhost:{sys.argv[1]}"
session = requests.Session()
session.verify = CERTIFICATE


def get(path):
    """Get a page."""
    return session.get(base + path, timeout=PATIENCE).content


together = [gevent.spawn(get, "/together") for _ in range(3)]
print("together:", [each.get() for each in together])
echo = session.post(f"{base}/echo", data=b"e" * 500_000, timeout=PATIENCE)
print("echoed:", len(echo.content))
with session.get(f"{base}/chunks", stream=True, timeout=PATIENCE) as reply:
    print("streamed:", len(list(reply.iter_lines())))
try:
    session.get(f"{base}/never", timeout=(PATIENCE, 0.2))
except requests.exceptions.ReadTimeout:
    print("timed out")
try:
    requests.get(base, timeout=PATIENCE)
except requests.exceptions.SSLError:
    print("not trusted")
waiting = gevent.spawn(get, "/never")
gevent.sleep(0.05)
waiting.kill()
print("after a kill:", session.get(base, timeout=PATIENCE).status_code)
