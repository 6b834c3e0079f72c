#!/usr/bin/env python
"""A chat: what one client says, all hear.

    python examples/websocket_chat.py [port]

Open the address that it prints in several windows; the port is 8080 unless you say so.
It needs ``gevent[websocket]``. Ctrl-C ends it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

from gevent.pywsgi import WSGIServer
from gevent.websocket import WebSocketError

PAGE = b"""<!doctype html><title>Chat</title>
<input id=say autofocus placeholder="Say something"><ul id=heard></ul>
<script>
const socket = new WebSocket(`ws://${location.host}/chat`);
socket.onmessage = event => {
  const line = document.createElement("li");
  line.textContent = event.data;
  heard.append(line);
};
say.onchange = () => { socket.send(say.value); say.value = ""; };
</script>
"""

clients: set[Any] = set()


def application(
    environ: dict[str, Any], start_response: Callable[..., object]
) -> Iterable[bytes]:
    """Serve the page, and its WebSockets."""
    websocket = environ.get("wsgi.websocket")
    if websocket is None:
        start_response("200 OK", [("Content-Type", "text/html")])
        return [PAGE]
    clients.add(websocket)
    try:
        while (message := websocket.receive()) is not None:
            say_to_all(message)
    finally:
        clients.discard(websocket)
    return []


def say_to_all(message: str | bytes) -> None:
    """Send a message to every client that is still there."""
    for client in list(clients):
        try:
            client.send(message)
        except WebSocketError:
            clients.discard(client)


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    server = WSGIServer(
        ("127.0.0.1", port), application, websocket=True, websocket_origins="same"
    )
    server.start()
    print(f"serving http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever(handle_signals=True)


if __name__ == "__main__":
    main()
