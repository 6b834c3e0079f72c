"""A client of Socket.IO, in native threads."""

import sys
import threading
import time

import requests
import socketio

PATIENCE = 50
port, transport = sys.argv[1:]
address = f"http://127.0.0.1:{port}"
while True:
    try:
        requests.get(address, timeout=PATIENCE)
    except requests.ConnectionError:
        time.sleep(0.05)
    else:
        break
client = socketio.Client()
heard, all_heard = {}, threading.Event()


def hear(name, value):
    """Keep what was heard."""
    heard[name] = value
    if len(heard) == 2:
        all_heard.set()


client.on("reply", lambda words: hear("reply", words))
client.on("bytes", lambda data: hear("bytes", data))
client.connect(address, transports=[transport])
acknowledged = client.call("hello", "hello", timeout=PATIENCE)
client.emit("bytes", b"123")
assert all_heard.wait(PATIENCE)
print("ack:", acknowledged)
print("reply:", heard["reply"])
print("bytes:", heard["bytes"])
client.disconnect()
