"""What an editor shows of public names: pyright's language server is asked.

Stubs have no docstrings; an editor finds them in the sources behind the stub, through
the facade and its home. For a function it does only where the stub of that home does
not list it in its ``__all__``: it follows what `import *` brings to the public stub,
where it came from, and else looks into the home itself.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TREE = Path(__file__).resolve().parent.parent.parent
SERVER = Path(sys.executable).with_name("pyright-langserver")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SERVER.exists(), reason="pyright is not installed"),
]

# Module, what is hovered over, and what has to be shown: of arguments, units, errors
# and blocking what the function has.
SHOWN = {
    ("gevent", "spawn"): ("-> Greenlet[", "Raises:", "TypeError"),
    ("gevent", "spawn_later"): ("seconds: float", "-> Greenlet["),
    ("gevent", "sleep"): ("seconds: float = 0", "Seconds", "ValueError", "Blocking:"),
    ("gevent", "idle"): ("priority: int = 0", "From -2 to 2", "Blocking:"),
    ("gevent", "joinall"): ("timeout", "Seconds", "Blocking:", "Cancellation:"),
    ("gevent", "killall"): ("timeout", "Seconds", "Blocking:"),
    ("gevent", "kill"): ("exception", "TypeError", "Thread safety:"),
    ("gevent", "wait"): ("timeout", "Seconds", "Blocking:"),
    ("gevent", "iwait"): ("timeout", "Seconds"),
    ("gevent", "Timeout"): ("seconds: float | None", "Seconds", "ValueError"),
    ("gevent", "TaskGroup"): ("on_failure", "ValueError"),
    ("gevent", "TaskGroup.spawn"): ("-> Greenlet[", "RuntimeError", "Cancellation:"),
    ("gevent", "CancelScope.cancel"): ("reason", "Thread safety:"),
    ("gevent", "move_on_after"): ("timeout: float | None", "Seconds", "-> CancelScope"),
    ("gevent", "fail_after"): ("-> CancelScope", "TimeoutError"),
    ("gevent", "with_timeout"): ("timeout_value", "Raises:"),
    ("gevent", "signal_handler"): ("signalnum: int", "ValueError"),
    ("gevent", "Greenlet.get"): ("Seconds", "Raises:", "Blocking:", "Cancellation:"),
    ("gevent", "Greenlet.kill"): ("exception", "Seconds", "TypeError", "Blocking:"),
    ("gevent.hub", "get_hub"): ("-> Hub", "Thread safety:"),
    ("gevent.hub", "Hub.join"): ("-> bool", "Seconds", "AssertionError", "Blocking:"),
    ("gevent.hub", "Hub.destroy"): ("destroy_loop", "AttributeError"),
    ("gevent.event", "Event.wait"): ("-> bool", "Seconds", "LoopExit", "Blocking:"),
    ("gevent.event", "AsyncResult.get"): ("Seconds", "LoopExit", "Cancellation:"),
    ("gevent.queue", "Queue.get"): ("Seconds", "Empty", "Blocking:"),
    ("gevent.queue", "Queue.put"): ("Seconds", "Full", "Blocking:"),
    ("gevent.lock", "Semaphore.acquire"): ("Seconds", "Blocking:", "Cancellation:"),
    ("gevent.lock", "RLock.acquire"): ("Seconds", "Blocking:", "Thread safety:"),
    ("gevent.pool", "Pool.map"): ("Returns:", "Raises:", "Blocking:"),
    ("gevent.pool", "Group.join"): ("Seconds", "Returns:"),
    ("gevent.threadpool", "ThreadPool.spawn"): (
        "RuntimeError",
        "Blocking:",
        "Cancellation:",
    ),
    ("gevent.socket", "create_connection"): ("Seconds", "Raises:", "Blocking:"),
    ("gevent.socket", "wait_read"): ("timeout: float | None", "Blocking:"),
    ("gevent.socket", "socket.recv"): ("-> bytes", "Blocking:"),
    ("gevent.select", "select"): ("timeout", "Seconds", "Blocking:"),
    ("gevent.server", "StreamServer"): ("handle",),
    ("gevent.baseserver", "BaseServer.serve_forever"): ("handle_signals",),
    ("gevent.monkey", "patch_all"): ("socket: bool", "Returns:"),
    ("gevent.events", "subscribe"): ("-> Subscription", "TypeError", "must not block"),
    ("gevent.events", "LoopStalled"): ("duration: float", "in seconds"),
    ("gevent.util", "find_deadlocks"): ("-> list[",),
}
PRIVATE = re.compile(r"\bgevent\.(?:_\w+|net|patch|servers|simulation|sync)(?:\.\w+)+")


class LanguageServer:
    """Talks to pyright as an editor does."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._process = subprocess.Popen(
            [str(SERVER), "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        self._asked = 0
        hover = {"contentFormat": ["plaintext"]}
        self._ask(
            "initialize",
            processId=None,
            rootUri=folder.as_uri(),
            capabilities={"textDocument": {"hover": hover}},
            workspaceFolders=[{"uri": folder.as_uri(), "name": "user"}],
        )
        self._send(method="initialized", params={})

    def hovers(self, names: list[tuple[str, str]]) -> list[str]:
        """What is shown of names; each a module's and one in it."""
        file = (self.folder / "program.py").as_uri()
        lines = [f"import {module}" for module, _ in names]
        lines += [f"{module}.{name}" for module, name in names]
        document = {"uri": file, "languageId": "python", "version": 1}
        text = "\n".join(lines)
        opened = {"textDocument": {**document, "text": text}}
        self._send(method="textDocument/didOpen", params=opened)
        shown: list[str] = []
        for line in range(len(names), len(lines)):
            place = {"line": line, "character": len(lines[line]) - 1}
            hover = self._ask(
                "textDocument/hover", textDocument={"uri": file}, position=place
            )
            shown.append(hover["contents"]["value"] if hover else "")
        return shown

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _ask(self, method: str, **params: object) -> dict[str, dict[str, str]] | None:
        self._asked += 1
        self._send(id=self._asked, method=method, params=params)
        while True:
            message = self._read()
            if message.get("id") == self._asked and "method" not in message:
                answer: dict[str, dict[str, str]] | None = message["result"]
                return answer
            if "id" in message and "method" in message:
                self._send(id=message["id"], result=None)

    def _send(self, **message: object) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stream = self._process.stdin
        assert stream is not None
        stream.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        stream.flush()

    def _read(self) -> dict[str, Any]:
        stream = self._process.stdout
        assert stream is not None
        size = 0
        while line := stream.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                size = int(value)
        assert size, "the server has ended"
        message: dict[str, Any] = json.loads(stream.read(size))
        return message


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, TREE / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    """A server in a folder that has the package as users see it."""
    folder = tmp_path_factory.mktemp("user")
    check_types = tool("check_types")
    vars(check_types)["TYPED"] = folder
    folder.rmdir()
    assert check_types._typed_tree()
    (folder / "pyrightconfig.json").write_text('{"include": ["program.py"]}')
    server = LanguageServer(folder)
    yield server
    server.end()


@pytest.fixture(scope="module")
def shown(server: LanguageServer) -> dict[tuple[str, str], str]:
    return dict(zip(SHOWN, server.hovers(list(SHOWN)), strict=True))


@pytest.mark.parametrize("name", SHOWN, ids=".".join)
def test_a_hover_says_what_a_caller_asks(
    shown: dict[tuple[str, str], str], name: tuple[str, str]
) -> None:
    text = shown[name].replace("\\", "")
    assert [part for part in SHOWN[name] if part not in text] == [], text


@pytest.mark.parametrize("name", SHOWN, ids=".".join)
def test_a_hover_shows_no_private_module(
    shown: dict[tuple[str, str], str], name: tuple[str, str]
) -> None:
    assert PRIVATE.findall(shown[name]) == []


def public_functions() -> Iterator[tuple[str, str]]:
    shown_types = tool("shown_types")
    for name in shown_types.public_modules():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = importlib.import_module(name)
        for public in shown_types.public_names(module):
            value: object = getattr(module, public, None)
            is_own = getattr(value, "__module__", None) == name
            is_function = type(value).__name__.endswith("function_or_method")
            if is_own and (inspect.isfunction(value) or is_function):
                yield name, public


# Without a stub of their own: what is behind them is found on the other loop only.
NO_HOVER = {("gevent.libev", "time")}


def test_the_docstring_of_every_public_function_is_shown(
    server: LanguageServer,
) -> None:
    names = [each for each in public_functions() if each[1][0] != "_"]
    assert len(names) > 80
    silent = [
        name
        for name, text in zip(names, server.hovers(names), strict=True)
        if len(text.split("\n\n")) == 1 and "\n" not in text.rpartition("->")[2].strip()
    ]
    assert set(silent) - NO_HOVER == set()
