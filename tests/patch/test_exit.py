"""Finalizers at the end of the interpreter, when greenlets are over."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Program = Callable[..., str]

pytestmark = pytest.mark.pure

# `sys` keeps what must be there longer than the globals of the program.
BEGIN = """
import atexit, sys, weakref
too_late = []
atexit.register(lambda: [each() for each in too_late])
from gevent import monkey
monkey.patch_all()
import logging, os, queue, select, socket, threading, time
a, b = sys.kept = socket.socketpair()
b.send(b"data")
lock, event = threading.Lock(), threading.Event()
items = queue.Queue()
items.put("item")
logging.basicConfig(format="%(threadName)s: %(message)s", stream=sys.stdout)
log = logging.getLogger()
class Final:
    def __del__(self, done=lambda: call()):
        done()
"""

# How a call comes to be made at the end.
WAYS = {
    "cycle": "cycle = Final(); cycle.itself = cycle",
    "atexit": "atexit.register(call)",
    "before": "too_late.append(call)",
    "finalize": "weakref.finalize(log, call)",
    "global": "final = Final()",
}

CALLS = {
    "get_ident": "threading.get_ident() == threading.main_thread().ident",
    "current": "threading.current_thread() is threading.main_thread()",
    "log": "log.warning('seen') is None",
    "recv": "a.recv(2) == b'da'",
    "send": "a.send(b'x') == 1",
    "sleep": "time.sleep(0.001) is None",
    "yield": "time.sleep(0) is None",
    "lock": "lock.acquire() and not lock.acquire(False)",
    "lock timeout": "lock.acquire() and not lock.acquire(timeout=0.001)",
    "event": "not event.wait(0.001)",
    "queue": "items.get() == 'item' and items.empty()",
    "select": "select.select([a], [], [], 0)[0] == [a]",
    "select timeout": "select.select([], [], [], 0.001) == ([], [], [])",
}


@pytest.mark.parametrize("way", WAYS)
def test_what_needs_no_wait_works_in_finalizers(program: Program, way: str) -> None:
    """They raised that the greenlet is being finalized, or that it cannot wait."""
    lines = "".join(f"    assert {call}, {name!r}\n" for name, call in CALLS.items())
    for name in ("lock timeout",):
        lines = lines.replace(CALLS[name], f"lock.release() and ({CALLS[name]})")
    printed = program(
        BEGIN
        + f"def call(a=a, lock=lock, event=event, items=items, log=log, time=time,\n"
        f"         threading=threading, select=select, write=os.write):\n{lines}"
        f"    write(1, b'done')\n"
        f"Final.__del__.__defaults__ = (call,)\n{WAYS[way]}\n"
    )
    assert printed.replace("MainThread: seen\n", "") == "done"
    assert "MainThread: seen" in printed


def test_what_nothing_can_end_raises_in_finalizers(program: Program) -> None:
    printed = program(
        BEGIN
        + """
def call(event=event, threading=threading, write=os.write):
    for wait in (event.wait, threading.Thread(target=print).start):
        try:
            wait()
        except RuntimeError as error:
            write(1, str(error).encode() + b"\\n")
        except Exception as error:
            write(1, str(error).encode() + b"\\n")
Final.__del__.__defaults__ = (call,)
final = Final()
"""
    )
    assert printed.splitlines() == [
        "cannot wait here: the interpreter is ending",
        "can't create new thread at interpreter shutdown",
    ]
