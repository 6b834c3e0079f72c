"""Programs made from signatures: each callable, with values that fit and that do not.

``signatures.json`` says by module which names there are, what they take, and what
members their instances have (null: no method). :func:`calls` makes expressions of it,
:func:`run` evaluates one. Both are the same in every contender.
"""

from __future__ import annotations

import importlib
import json
import os
import random
from typing import Any

from differential import Case

HERE = os.path.dirname(os.path.abspath(__file__))

# Expressions for a parameter of that name; anything else gets one of ODD only.
FITTING = {
    "timeout": ("0.001", "0", "None", "-1"),
    "seconds": ("0.001", "0"),
    "block": ("True", "False"),
    "blocking": ("True", "False", "0"),
    "callback": ("calls", "print"),
    "function": ("calls", "len"),
    "func": ("calls", "len"),
    "run": ("calls",),
    "fn": ("calls",),
    "item": ("1", "'x'", "(1, 2)"),
    "iterable": ("[1, 2]", "'ab'", "iter([])"),
    "size": ("0", "1", "3"),
    "maxsize": ("0", "1", "3"),
    "value": ("1", "'x'"),
    "exception": ("ValueError('e')", "KeyError"),
    "greenlet": ("gevent.spawn(calls)", "gevent.getcurrent()"),
    "greenlets": ("[gevent.spawn(calls)]", "[]"),
    "objects": ("[gevent.spawn(calls)]", "[]"),
    "count": ("1", "0"),
    "address": ("('127.0.0.1', 9)", "('127.0.0.1', 'x')"),
    "host": ("'127.0.0.1'", "'localhost'", "None", "b'localhost'"),
    "hostname": ("'127.0.0.1'", "'localhost'"),
    "name": ("'127.0.0.1'", "'x'"),
    "port": ("80", "'http'", "None"),
    "family": ("socket.AF_INET", "0"),
    "type": ("socket.SOCK_STREAM", "0"),
    "fd": ("os.pipe()[0]", "os.pipe()[1]"),
    "sock": ("socket.socketpair()[0]",),
    "data": ("b'data'", "bytearray(3)"),
    "buf": ("b'data'", "bytearray(3)"),
    "buffer": ("bytearray(3)",),
    "n": ("1", "2"),
    "how": ("socket.SHUT_RD", "socket.SHUT_WR"),
    "level": ("socket.SOL_SOCKET",),
    "mode": ("'r'", "'rb'", "'w'"),
    "pid": ("os.getpid()",),
    "options": ("0", "1"),
    "signalnum": ("signal.SIGUSR1", "signal.SIGCHLD"),
    "handler": ("print", "signal.SIG_DFL"),
    "mask": ("0", "1"),
    "flag": ("True", "False"),
    "listener": ("('127.0.0.1', 0)",),
    "handle": ("calls",),
    "key": ("'x'", "1"),
    "default": ("None", "1"),
}
ODD = (
    "None", "True", "0", "1", "-1", "2**31", "2**64", "-(2**70)", "1.5", "inf", "nan",
    "''", "'x'", "b''", "b'x'", "'\\0'", "[]", "()", "{}", "(1, 2, 3)", "object()",
    "calls", "ValueError", "ValueError('e')", "Odd()",
)  # fmt: skip

# How an instance is made, by module and class; a class without arguments needs none.
MADE = {
    "gevent.baseserver.BaseServer": "it(('127.0.0.1', 0), calls)",
    "gevent.contextvars.ContextVar": "it('name')",
    "gevent.fileobject.FileObjectBlock": "it(os.pipe()[0], 'rb')",
    "gevent.fileobject.FileObjectPosix": "it(os.pipe()[0], 'rb')",
    "gevent.fileobject.FileObjectThread": "it(os.pipe()[0], 'rb')",
    "gevent.greenlet.Greenlet": "it(calls, 1, b=3)",
    "gevent.hub.Hub": "gevent.get_hub()",
    "gevent.pool.Pool": "it(2)",
    "gevent.server.DatagramServer": "it(('127.0.0.1', 0), calls)",
    "gevent.server.StreamServer": "it(('127.0.0.1', 0), calls)",
    "gevent.socket.socket": "names.socketpair()[0]",
    "gevent.ssl.SSLContext": "it(names.PROTOCOL_TLS_CLIENT)",
    # Those who make contexts make ones of the standard library on the reference.
    "gevent.ssl.SSLSocket": (
        "names.SSLContext(names.PROTOCOL_TLS_SERVER)"
        ".wrap_socket(socket.socket(), server_side=True)"
    ),
    "gevent.subprocess.Popen": "it(['sleep', '0.1'])",
    "gevent.threadpool.ThreadPool": "it(2)",
    "gevent.threadpool.ThreadPoolExecutor": "it(2)",
    "gevent.timeout.Timeout": "it(5)",
    "gevent.util.GreenletTree": "it.current_tree()",
}
# How a lock's repr begins: ours tells its state, and written programs look at that.
LOCK_TEXTS = (
    "<gevent.thread.LockType object", "<locked _thread.lock object",
    "<unlocked _thread.lock object",
)  # fmt: skip
N_CALLS = 5  # of what takes arguments

# Would end or stop the whole run, or what the run stands on.
NOT_CALLED = {
    "gevent.hub.Hub.run",
    "gevent.os.fork",
    "gevent.os.forkpty",
    "gevent.os.fork_gevent",
    "gevent.os.forkpty_gevent",
    "gevent.os.fork_and_watch",
    "gevent.os.forkpty_and_watch",
}


class Odd:
    """An object whose methods all fail."""

    def __repr__(self) -> str:
        return "<Odd>"

    def _fail(self, *args: object) -> Any:
        raise LookupError("odd")

    __bool__ = __len__ = __iter__ = __index__ = __float__ = __call__ = _fail
    fileno = _fail


def called(*args: object, **kwargs: object) -> object:
    """Print what it is called with."""
    print("called", args, kwargs)
    return args[0] if args else None


def calls(module: str) -> list[str]:
    """Return the expressions about a module; ``it.`` is an instance, the rest names."""
    with open(os.path.join(HERE, "signatures.json")) as file:
        names = json.load(file)[module]
    found = []
    for name, entry in names.items():
        if "takes" in entry:
            found += _variants(module, name, entry["takes"])
        for member, takes in entry.get("members", {}).items():
            if takes is None:
                found.append(f"{name}().{member}")
            else:
                found += _variants(module, f"{name}().{member}", takes)
    return found


def _variants(module: str, name: str, takes: list[str]) -> list[str]:
    if f"{module}.{name}".replace("()", "") in NOT_CALLED:
        return []
    # A seed that is a text: the same in every process.
    choose = random.Random(f"{module}.{name}")
    found = [f"{name}({', '.join(_usual(p) for p in takes)})", f"{name}()"]
    if takes:
        found.append(f"{name}({', '.join(['None'] * (len(takes) + 1))})")
    for _ in range(N_CALLS * bool(takes)):
        values = [_value(choose, p) for p in takes[: choose.randint(1, len(takes))]]
        found.append(f"{name}({', '.join(values)})")
    return list(dict.fromkeys(found))


def _usual(parameter: str) -> str:
    return FITTING.get(parameter, ("None",))[0]


def _value(choose: random.Random, parameter: str) -> str:
    fitting = FITTING.get(parameter)
    if fitting is not None and choose.random() < 0.5:
        return choose.choice(fitting)
    return choose.choice(ODD)


def run(case: Case, module: str, expression: str) -> None:
    """Evaluate one expression; record the value, and the instance afterwards."""
    import signal
    import socket

    gevent = None if case.is_stdlib else importlib.import_module("gevent")
    namespace: dict[str, Any] = {
        "calls": called, "gevent": gevent, "os": os, "socket": socket, "Odd": Odd,
        "signal": signal, "inf": float("inf"), "nan": float("nan"),
    }  # fmt: skip
    names = namespace["names"] = case.module
    made, separator, rest = expression.partition("().")
    if expression.startswith("LockType("):
        for text in LOCK_TEXTS:
            case.hide(text, "<LockType")
    if not separator:
        function, _, arguments = expression.partition("(")
        namespace["it"] = getattr(names, function)
        value = case.named_call(expression, eval, f"it({arguments}", namespace)
        _look_at(case, value)
        return
    namespace["it"] = getattr(names, made)
    how = MADE.get(f"{module}.{made}", "it()")
    instance = case.named_call("made", eval, how, namespace)
    if instance is None:
        return
    if hasattr(instance, "pid"):
        case.hide(instance.pid, "PID")
    namespace["it"] = instance
    value = case.named_call(expression, eval, f"it.{rest}", namespace)
    _look_at(case, value)
    case.show("afterwards", instance)


def _look_at(case: Case, value: object) -> None:
    """Record what of a value its repr does not tell."""
    for name in ("dead", "value", "closed", "started", "counter", "maxsize"):
        if value is not None and not isinstance(value, type) and hasattr(value, name):
            case.named_call(name, getattr, value, name)
