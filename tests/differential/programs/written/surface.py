"""Programs about what the package offers: names, signatures, classes, modules."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import pickle
import sys

from differential import each

import gevent

MODULE = "gevent"

with open(
    os.path.join(
        os.path.dirname(sys.modules["differential"].__file__), "signatures.json"
    ),
    encoding="utf-8",
) as file:
    INVENTORY = json.load(file)

MODULES = tuple(INVENTORY)


def load(name):
    return importlib.import_module(name)


def kind_of(value):
    """What a name is, however it is implemented."""
    if isinstance(value, type):
        return "class"
    if inspect.ismodule(value):
        return "module"
    return "callable" if callable(value) else type(value).__name__


@each(*MODULES)
def exported(case, name):
    module = load(name)
    names = sorted(INVENTORY[name])
    case.show("missing", [n for n in names if not hasattr(module, n)])
    for each_ in names:
        case.show(each_, kind_of(getattr(module, each_, None)))


@each(*MODULES)
def a_star_import(case, name):
    space = {}
    exec(f"from {name} import *", space)
    known = set(INVENTORY[name])
    case.show("known", sorted(known & set(space)))


@each(*MODULES)
def of_a_module(case, name):
    module = load(name)
    case.show("name", type(module.__name__))
    case.show("file", os.path.basename(module.__file__ or "").partition(".")[0] != "")
    case.show("in sys.modules", sys.modules[name] is module)
    parent, _, child = name.rpartition(".")
    if parent:
        case.show("of the parent", getattr(load(parent), child) is module)
    case.named_call("reload", lambda: importlib.reload(module) is not None)


@each(*MODULES)
def signatures(case, name):
    module = load(name)
    for each_ in sorted(INVENTORY[name]):
        value = getattr(module, each_, None)
        if not callable(value):
            continue
        case.show(each_, parameters(value))


def parameters(value):
    """Names and defaults of a callable; None where nobody knows."""
    try:
        found = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return None
    return [
        f"{p.name}{'' if p.default is p.empty else '=' + short(p.default)}"
        for p in found
        if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        and not p.name.startswith(("self", "_"))
    ]


def short(value):
    return (
        repr(value)
        if isinstance(value, int | float | str | type(None) | bool)
        else "..."
    )


@each(*MODULES)
def signatures_of_methods(case, name):
    module = load(name)
    for each_, about in sorted(INVENTORY[name].items()):
        kind = getattr(module, each_, None)
        if not isinstance(kind, type) or not isinstance(about, dict):
            continue
        for member, takes in sorted((about.get("members") or {}).items()):
            if takes is not None and not member.startswith("__"):
                method = getattr(kind, member, None)
                case.show(f"{each_}.{member}", callable(method) and parameters(method))


# Modules that have base classes which programs may test for.
ELSEWHERE = ("builtins", "greenlet", "_socket", "queue", "_queue", "io", "_io", "ssl")


@each(*MODULES)
def classes(case, name):
    module = load(name)
    public = {n for m in MODULES for n in INVENTORY[m]}
    for each_ in sorted(INVENTORY[name]):
        kind = getattr(module, each_, None)
        if isinstance(kind, type):
            bases = [
                k.__name__
                for k in kind.__mro__
                if k.__name__ in public
                or k.__module__
                in (
                    "builtins",
                    "greenlet",
                    "_socket",
                    "queue",
                    "_queue",
                    "io",
                    "_io",
                    "ssl",
                    "concurrent.futures._base",
                )
            ]
            case.show(each_, bases)


@each(*MODULES)
def picklable(case, name):
    module = load(name)
    for each_ in sorted(INVENTORY[name]):
        value = getattr(module, each_, None)
        if isinstance(value, type) or inspect.isroutine(value):
            case.named_call(each_, round_trip, value)


def round_trip(value):
    return pickle.loads(pickle.dumps(value)) is value


INSTANCES = (
    "Event()", "Semaphore()", "BoundedSemaphore(2)", "RLock()", "Queue()", "Channel()",
    "Group()", "Pool(1)", "AsyncResult()", "local()", "Greenlet(len)", "Timeout(1)",
    "get_hub()", "get_hub().loop", "Waiter()", "DummySemaphore()", "ContextVar('x')",
)  # fmt: skip


def pickles(value):
    try:
        return bool(pickle.dumps(value))
    except Exception:
        return False


@each(*INSTANCES)
def instances(case, expression):
    import gevent.contextvars
    import gevent.event
    import gevent.hub
    import gevent.local
    import gevent.lock
    import gevent.pool
    import gevent.queue

    space = {}
    for module in ("event", "lock", "queue", "pool", "local", "hub", "contextvars"):
        space.update(vars(load(f"gevent.{module}")))
    space.update(vars(gevent))
    value = eval(expression, space)
    case.show("kind", type(value).__name__)
    case.show("pickles", pickles(value))
    case.named_call("set", setattr, value, "an_attribute_of_mine", 1)
    case.show("dict", hasattr(value, "__dict__"))
    case.named_call("weak", lambda: type(__import__("weakref").ref(value)))
    case.named_call("hash", lambda: hash(value) == hash(value))
    case.show("true", bool(value))
    case.show("equal", value == eval(expression, space))
    case.named_call("len", len, value)
    case.named_call("iter", lambda: iter(value) is not None)
    case.named_call("call", lambda: callable(value))
    case.named_call("with", lambda: hasattr(value, "__enter__"))
    case.named_call("subclass", lambda: type("Own", (type(value),), {}).__name__)


def the_package(case):
    case.show("all", sorted(gevent.__all__))
    case.attributes(gevent, "__name__", "__package__")
    case.show("version info", len(gevent.version_info))
    case.show("version", type(gevent.__version__))
    case.show("path", os.path.basename(gevent.__path__[0]))
    case.named_call("reload", lambda: importlib.reload(gevent) is gevent)


RELATIONS = (
    ("gevent.Timeout", "BaseException"),
    ("gevent.Timeout", "Exception"),
    ("gevent.GreenletExit", "BaseException"),
    ("gevent.Greenlet", "greenlet.greenlet"),
    ("gevent.hub.Hub", "greenlet.greenlet"),
    ("gevent.queue.Queue", "gevent.queue.SimpleQueue"),
    ("gevent.queue.JoinableQueue", "gevent.queue.Queue"),
    ("gevent.pool.Pool", "gevent.pool.Group"),
    ("gevent.queue.Empty", "queue.Empty"),
    ("gevent.queue.Full", "queue.Full"),
    ("gevent.pool.PoolFull", "queue.Full"),
    ("gevent.lock.BoundedSemaphore", "gevent.lock.Semaphore"),
    ("gevent.socket.socket", "socket.socket"),
    ("gevent.socket.socket", "_socket.socket"),
    ("gevent.ssl.SSLSocket", "gevent.socket.socket"),
    ("gevent.ssl.SSLContext", "ssl.SSLContext"),
    ("gevent.subprocess.Popen", "subprocess.Popen"),
    ("gevent.local.local", "_thread._local"),
    ("gevent.threadpool.ThreadPoolExecutor", "concurrent.futures.ThreadPoolExecutor"),
    ("gevent.server.StreamServer", "gevent.baseserver.BaseServer"),
    ("gevent.thread.LockType", "gevent.lock.BoundedSemaphore"),
    ("gevent.event.AsyncResult", "gevent.event.Event"),
    ("gevent.fileobject.FileObjectThread", "io.IOBase"),
    ("gevent.selectors.GeventSelector", "selectors.BaseSelector"),
)


def find(path):
    module, _, name = path.rpartition(".")
    return getattr(load(module or "builtins"), name)


@each(*(f"{one} of {other}" for one, other in RELATIONS))
def subclasses(case, text):
    one, _, other = text.partition(" of ")
    case.named_call("is", lambda: issubclass(find(one), find(other)))


IDENTICAL = (
    "gevent.sleep gevent.hub.sleep",
    "gevent.spawn gevent.Greenlet.spawn",
    "gevent.Greenlet gevent.greenlet.Greenlet",
    "gevent.Timeout gevent.timeout.Timeout",
    "gevent.get_hub gevent.hub.get_hub",
    "gevent.iwait gevent.hub.iwait",
    "gevent.wait gevent.hub.wait",
    "gevent.killall gevent.greenlet.killall",
    "gevent.joinall gevent.greenlet.joinall",
    "gevent.fork gevent.os.fork",
    "gevent.getcurrent gevent.hub.getcurrent",
    "gevent.time.sleep gevent.sleep",
    "gevent.reinit gevent.hub.reinit",
    "gevent.signal_handler gevent.hub.signal",
    "gevent.with_timeout gevent.timeout.with_timeout",
    "gevent.idle gevent.hub.idle",
    "gevent.kill gevent.hub.kill",
    "gevent.spawn_raw gevent.hub.spawn_raw",
    "gevent.queue.JoinableQueue gevent.queue.Queue",
    "gevent.lock.RLock gevent.thread.RLock",
    "gevent.threading.local gevent.local.local",
    "gevent.thread.LockType gevent.thread.allocate_lock",
)


@each(*IDENTICAL)
def the_same(case, text):
    one, other = text.split(" ")

    def find_all(path):
        parts = path.split(".")
        value = load("gevent")
        for part in parts[1:]:
            value = getattr(value, part)
        return value

    case.named_call("is", lambda: find_all(one) is find_all(other))
    case.named_call("equals", lambda: find_all(one) == find_all(other))
