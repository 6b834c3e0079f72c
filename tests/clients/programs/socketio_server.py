"""A server of Flask-SocketIO."""

from gevent import monkey

monkey.patch_all()

import socket  # noqa: E402

from flask import Flask, request  # noqa: E402
from flask_socketio import SocketIO, emit  # noqa: E402

app = Flask(__name__)
sio = SocketIO(app)
counts = {}
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
print("mode", sio.async_mode, flush=True)


@sio.on("hello")
def hello(words):
    """Answer with an event and an acknowledgement."""
    counts[request.sid] = counts.get(request.sid, 0) + 1
    emit("reply", words)
    return counts[request.sid]


@sio.on("bytes")
def backwards(data):
    """Answer with bytes."""
    emit("bytes", data[::-1])


@app.route("/")
def page():
    """Say that it serves."""
    return "page"


print("listening on port", port, flush=True)
sio.run(app, host="127.0.0.1", port=port, log_output=False)
