"""The page of the chat, in a browser."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.examples.program import PATIENCE, Program

if importlib.util.find_spec("websocket") is None:
    pytest.skip("websocket-client is not installed", allow_module_level=True)
import websocket

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("wsproto") is None, reason="wsproto is not installed"
    ),
]


@pytest.fixture
def chat() -> Iterator[str]:
    """The address of the program, without its scheme."""
    with Program("websocket_chat", 0) as program:
        yield f"127.0.0.1:{program.port()}"


class Page:
    """A page in the browser, driven by its debugging protocol."""

    def __init__(self, address: str):
        self._socket = websocket.create_connection(
            address, timeout=PATIENCE, suppress_origin=True
        )
        self._n_asked = 0

    def ask(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript, awaited."""
        self._n_asked += 1
        question = {
            "id": self._n_asked,
            "method": "Runtime.evaluate",
            "params": {
                "expression": expression,
                "awaitPromise": True,
                "returnByValue": True,
            },
        }
        self._socket.send(json.dumps(question))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._n_asked:
                if "error" in answer:  # it was asked of the blank page before this one
                    return self.ask(expression)
                assert "exceptionDetails" not in answer["result"], answer
                return answer["result"]["result"].get("value")

    def close(self) -> None:
        """Stop driving it."""
        self._socket.close()


class Browser:
    """Chromium without a window."""

    def __init__(self, folder: Path):
        path = shutil.which("chromium") or shutil.which("google-chrome")
        if path is None:
            pytest.skip("chromium is not installed")
        command = [path, "--headless", "--disable-gpu", "--remote-debugging-port=0"]
        command += ["--no-sandbox"] if os.getuid() == 0 else []
        command += ["--no-proxy-server", "--disable-background-networking"]
        command += ["--disable-dev-shm-usage", f"--user-data-dir={folder}"]
        self.process = subprocess.Popen(
            [*command, "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(folder)},
        )
        told = folder / "DevToolsActivePort"
        while not (told.exists() and told.read_text().count("\n")):
            assert self.process.poll() is None, "the browser has ended"
            time.sleep(0.05)
        self._api = f"http://127.0.0.1:{told.read_text().split()[0]}/json"

    @contextmanager
    def page(self, address: str) -> Iterator[Page]:
        """Open a page, and wait until it is loaded."""
        request = urllib.request.Request(f"{self._api}/new?{address}", method="PUT")
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            made = json.load(reply)
        page = Page(made["webSocketDebuggerUrl"])
        try:
            page.ask(LOADED)
            yield page
        finally:
            page.close()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """A browser of its own, which has seen nothing."""
    made = Browser(tmp_path / "browser")
    try:
        yield made
    finally:
        made.process.terminate()
        made.process.wait(PATIENCE)


# Until the page is there and its WebSocket is open.
LOADED = """
new Promise(resolve => {
  const look = () => typeof socket != "undefined" && socket.readyState == 1
    ? resolve() : setTimeout(look, 10);
  look();
})
"""
# Type into the field as a person does, and leave it.
SAY = """
say.value = %s; say.dispatchEvent(new Event("change")); say.value
"""
# What is heard, once there is that much.
HEARD = """
new Promise(resolve => {
  const look = () => heard.children.length >= %d
    ? resolve(Array.from(heard.children, line => line.textContent))
    : setTimeout(look, 10);
  look();
})
"""


def test_what_one_window_says_all_hear(browser: Browser, chat: str) -> None:
    with browser.page(f"http://{chat}/") as one, browser.page(f"http://{chat}/") as two:
        assert one.ask(SAY % '"hello"') == ""
        assert two.ask(HEARD % 1) == ["hello"]
        two.ask(SAY % '"<b>Grüße</b>"')
        for window in (one, two):
            assert window.ask(HEARD % 2) == ["hello", "<b>Grüße</b>"]


def test_who_leaves_is_missed_by_nobody(browser: Browser, chat: str) -> None:
    with browser.page(f"http://{chat}/") as one, browser.page(f"http://{chat}/") as two:
        two.ask("socket.close()")
        one.ask(SAY % '"still here"')
        assert one.ask(HEARD % 1) == ["still here"]


def test_a_page_from_elsewhere_gets_no_socket(chat: str) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        websocket.create_connection(f"ws://{chat}/chat", origin="http://elsewhere.test")
