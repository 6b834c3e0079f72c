"""Clients of others, as they are used."""

from __future__ import annotations

import pytest

from gevent import socket
from tests.servers.websocket.conftest import echo

MESSAGES = ["", "é", "x" * 70000, b"", b"\xff" * 70000]


def test_websocket_client(serve):
    client_of_others = pytest.importorskip("websocket")
    server = serve(echo, websocket=True)
    client = client_of_others.WebSocket()
    sock = socket.create_connection(server.address)
    client.connect(f"ws://127.0.0.1:{server.server_port}/", socket=sock, timeout=10)
    for message in MESSAGES:
        if isinstance(message, str):
            client.send(message)
        else:
            client.send_binary(message)
        assert client.recv() == message
    client.ping("p")
    assert client.recv_data(control_frame=True) == (10, b"p")
    client.close(status=1000, timeout=10)
    assert not client.connected


def test_protocol_of_websockets_with_compression(serve):
    websockets = pytest.importorskip("websockets")
    from websockets.client import ClientProtocol
    from websockets.extensions.permessage_deflate import (
        ClientPerMessageDeflateFactory,
    )
    from websockets.frames import Opcode

    server = serve(echo, websocket=True)
    protocol = ClientProtocol(
        websockets.uri.parse_uri("ws://127.0.0.1/"),
        extensions=[ClientPerMessageDeflateFactory()],
    )
    with socket.create_connection(server.address, timeout=10) as sock:
        protocol.send_request(protocol.connect())
        _exchange(sock, protocol)
        assert protocol.extensions
        for message in MESSAGES:
            if isinstance(message, str):
                protocol.send_text(message.encode())
            else:
                protocol.send_binary(message)
            frames = _exchange(sock, protocol)
            while not frames[-1].fin:
                frames += _exchange(sock, protocol)
            expected = message.encode() if isinstance(message, str) else message
            assert b"".join(frame.data for frame in frames) == expected
        protocol.send_close(1000)
        events = _exchange(sock, protocol)
        assert [event.opcode for event in events] == [Opcode.CLOSE]


def _exchange(sock, protocol):
    for data in protocol.data_to_send():
        sock.sendall(data)
    while True:
        protocol.receive_data(sock.recv(65536))
        events = protocol.events_received()
        if events:
            return events
