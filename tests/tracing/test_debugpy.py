"""debugpy, attached to a process, shows the stack of the greenlet that stopped."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tracing.conftest import PATIENCE, environment

pytest.importorskip("debugpy", reason="needs debugpy")

Message = dict[str, object]

# It listens, says where, and goes on when somebody has attached.
PROGRAM = """
import debugpy
import gevent

def other():
    for _ in range(50):
        gevent.sleep(0)

def inner(name):
    gevent.sleep(0)
    first = name + "!"
    gevent.sleep(0)
    second = first + "!"
    return second

def body(name):
    return inner(name)

def main():
    greenlets = [gevent.spawn(other), gevent.spawn(body, "one"), gevent.spawn(other)]
    gevent.joinall(greenlets)
    print(greenlets[1].value, flush=True)

print(debugpy.listen(("127.0.0.1", 0))[1], flush=True)
debugpy.wait_for_client()
main()
"""
STOP_AT = PROGRAM[: PROGRAM.index("    first =")].count("\n") + 1


class Client:
    """Talks to a debug adapter."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._file = self._socket.makefile("rb")
        self._number = 0
        self._kept: list[Message] = []

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def send(self, command: str, **arguments: object) -> int:
        """Send a request; return its number."""
        self._number += 1
        text = json.dumps(
            {
                "seq": self._number,
                "type": "request",
                "command": command,
                "arguments": arguments,
            }
        ).encode()
        self._socket.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(text), text))
        return self._number

    def _receive(self) -> Message:
        length = 0
        while line := self._file.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return json.loads(self._file.read(length))  # type: ignore[no-any-return]

    def answer(self, number: int) -> Message:
        """Wait for the answer to a request; return its body."""
        while True:
            message = self._receive()
            if message["type"] == "event":
                self._kept.append(message)
            elif message.get("request_seq") == number:
                assert message["success"], message
                return message.get("body") or {}  # type: ignore[return-value]

    def ask(self, command: str, **arguments: object) -> Message:
        """Send a request and wait for its answer."""
        return self.answer(self.send(command, **arguments))

    def event(self, name: str) -> Message:
        """Wait for an event; return its body."""
        while True:
            message = self._kept.pop(0) if self._kept else self._receive()
            if message["type"] == "event" and message["event"] == name:
                return message.get("body") or {}  # type: ignore[return-value]


@pytest.fixture
def debugged(tmp_path: Path) -> Iterator[tuple[Client, subprocess.Popen[str]]]:
    """A client that is attached, and has set a breakpoint; and the program."""
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(PROGRAM))
    process = subprocess.Popen(
        [sys.executable, "-Xfrozen_modules=off", str(path)],
        env=environment() | {"PYDEVD_DISABLE_FILE_VALIDATION": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        client = Client(int(process.stdout.readline()))
        client.ask("initialize", adapterID="test")
        attached = client.send("attach", justMyCode=True)
        client.event("initialized")
        client.ask(
            "setBreakpoints",
            source={"path": str(path)},
            breakpoints=[{"line": STOP_AT}],
        )
        client.ask("configurationDone")
        client.answer(attached)
        yield client, process
        client.close()
    finally:
        process.kill()
        process.communicate()


def test_it_stops_in_a_greenlet_and_steps_over_a_sleep_in_it(
    debugged: tuple[Client, subprocess.Popen[str]],
) -> None:
    client, process = debugged
    stopped = client.event("stopped")
    thread = stopped["threadId"]
    frames = client.ask("stackTrace", threadId=thread)["stackFrames"]
    names = [each["name"] for each in frames]  # type: ignore[attr-defined]
    assert names[:2] == ["inner", "body"]
    assert "main" not in names
    lines = []
    for _ in range(3):
        client.ask("next", threadId=thread)
        client.event("stopped")
        [frame] = client.ask("stackTrace", threadId=thread, levels=1)["stackFrames"]  # type: ignore[misc]
        lines.append((frame["name"], frame["line"] - STOP_AT))
    assert lines == [("inner", 1), ("inner", 2), ("inner", 3)]
    value = client.ask("evaluate", expression="(first, second)", frameId=frame["id"])
    assert value["result"] == "('one!', 'one!!')"
    client.ask("continue", threadId=thread)
    assert process.stdout is not None
    assert process.stdout.readline() == "one!!\n"
