"""Programs about ``gevent.monkey``: what is told of patching, events, several calls."""

from __future__ import annotations

import sys
import types

from differential import each

from gevent import events, monkey

MODULE = "gevent.monkey"


@each(
    "os",
    "thread",
    "time",
    "socket",
    "select",
    "selectors",
    "ssl",
    "subprocess",
    "signal",
    "queue",
    "builtins",
    "contextvars",
    "dns",
    "sys",
)
def one_module(case, name):
    before = set(monkey.saved) if hasattr(monkey, "saved") else set()
    case.call(getattr(monkey, f"patch_{name}"))
    names = (
        "os",
        "_thread",
        "threading",
        "time",
        "socket",
        "select",
        "selectors",
        "ssl",
        "subprocess",
        "signal",
        "queue",
        "_threading_local",
    )
    case.show("modules", [n for n in names if monkey.is_module_patched(n)])
    case.show("before", sorted(before))
    case.call(getattr(monkey, f"patch_{name}"))


@each(
    ("os", "fork"),
    ("os", "waitpid"),
    ("os", "close"),
    ("os", "read"),
    ("os", "forkpty"),
    ("os", "posix_spawn"),
    ("time", "sleep"),
    ("time", "time"),
    ("_thread", "get_ident"),
    ("_thread", "allocate_lock"),
    ("_thread", "start_new_thread"),
    ("threading", "Thread"),
    ("threading", "Event"),
    ("threading", "Lock"),
    ("threading", "RLock"),
    ("threading", "_shutdown"),
    ("threading", "Condition"),
    ("threading", "current_thread"),
    ("threading", "Timer"),
    ("threading", "local"),
    ("socket", "socket"),
    ("socket", "getaddrinfo"),
    ("socket", "gethostname"),
    ("socket", "create_server"),
    ("socket", "create_connection"),
    ("socket", "socketpair"),
    ("socket", "fromfd"),
    ("socket", "SocketType"),
    ("select", "select"),
    ("select", "poll"),
    ("select", "epoll"),
    ("selectors", "DefaultSelector"),
    ("selectors", "EpollSelector"),
    ("ssl", "SSLSocket"),
    ("ssl", "SSLContext"),
    ("ssl", "create_default_context"),
    ("subprocess", "Popen"),
    ("subprocess", "run"),
    ("subprocess", "PIPE"),
    ("signal", "signal"),
    ("signal", "getsignal"),
    ("signal", "setitimer"),
    ("queue", "SimpleQueue"),
    ("queue", "Queue"),
    ("queue", "Empty"),
    ("missing", "x"),
    ("os", "missing"),
)
def after_patch_all(case, pair):
    monkey.patch_all()
    case.call(monkey.is_object_patched, *pair)
    case.call(monkey.is_module_patched, pair[0])
    case.named_call("original", lambda: type(monkey.get_original(*pair)).__name__)


@each(
    ("time", "sleep"),
    ("time", "missing"),
    ("missing", "sleep"),
    ("time", ["sleep"]),
    (["missing", "time"], "sleep"),
    (["time", "missing"], ["sleep", "time"]),
    ("time", ()),
    ((), "sleep"),
    (None, "x"),
    ("time", None),
    (5, 5),
    ("time", [5]),
)
def get_original(case, pair):
    case.call(monkey.get_original, *pair)
    monkey.patch_time()
    case.call(monkey.get_original, *pair)


def is_patched_before_and_after(case):
    case.call(monkey.is_module_patched, "time")
    case.call(monkey.is_object_patched, "time", "sleep")
    monkey.patch_time()
    case.call(monkey.is_module_patched, "time")
    case.call(monkey.is_object_patched, "time", "sleep")
    case.call(monkey.is_object_patched, "time", "missing")


@each(
    {},
    {"socket": False},
    {"thread": False},
    {"Event": False},
    {"aggressive": False},
    {"dns": False},
    {"sys": True},
    {"unknown": True},
    {"os": False},
    {"signal": False},
    {"time": False, "queue": False},
    {"subprocess": False},
)
def patch_all_with(case, options):
    case.call(monkey.patch_all, **options)
    items = (
        ("threading", "Event"),
        ("select", "epoll"),
        ("socket", "getaddrinfo"),
        ("socket", "socket"),
        ("os", "fork"),
        ("signal", "signal"),
        ("time", "sleep"),
        ("queue", "Queue"),
        ("subprocess", "Popen"),
        ("threading", "Thread"),
    )
    case.show("patched", [i for i in items if monkey.is_object_patched(*i)])
    case.call(monkey.patch_all, **options)
    case.call(monkey.patch_all)


def patch_all_false(case):
    names = (
        "socket",
        "dns",
        "time",
        "select",
        "thread",
        "os",
        "ssl",
        "subprocess",
        "sys",
        "aggressive",
        "Event",
        "builtins",
        "signal",
        "queue",
        "contextvars",
    )
    case.call(monkey.patch_all, **dict.fromkeys(names, False))


def warnings_are_of_a_class(case):
    case.show("bases", monkey.MonkeyPatchWarning.__mro__)
    case.show("name", monkey.MonkeyPatchWarning.__name__)


def the_events_of_patch_all(case):
    seen = []

    def note(event):
        module = getattr(event, "module_name", None)
        seen.append((type(event).__name__, module))

    events.subscribers.append(note)
    monkey.patch_all()
    for number, item in enumerate(seen):
        case.show(str(number), item)


@each("time", "socket", "all")
def refused(case, what):
    def veto(event):
        if what == "all" and isinstance(event, events.GeventWillPatchAllEvent):
            raise events.DoNotPatch
        if (
            isinstance(event, events.GeventWillPatchModuleEvent)
            and event.module_name == what
        ):
            raise events.DoNotPatch

    events.subscribers.append(veto)
    case.call(monkey.patch_all)
    case.call(monkey.is_module_patched, "time")
    case.call(monkey.is_module_patched, "socket")
    case.call(monkey.is_module_patched, "select")


def a_subscriber_fails(case):
    def fail(event):
        if isinstance(event, events.GeventWillPatchModuleEvent):
            raise ValueError(event.module_name)

    events.subscribers.append(fail)
    case.call(monkey.patch_time)
    case.call(monkey.is_module_patched, "time")


def the_attributes_of_events(case):
    def note(event):
        if type(event).__name__ == "GeventWillPatchModuleEvent":
            case.show("items", sorted(event.module_item_names))
            case.attributes(event, "module_name")
            case.show("modules", (event.source.__name__, event.target.__name__))

    events.subscribers.append(note)
    monkey.patch_time()


def items_are_taken_out(case):
    def edit(event):
        names = getattr(event, "module_item_names", None)
        if names and event.module_name == "socket":
            names.remove("fromfd")

    events.subscribers.append(edit)
    monkey.patch_socket()
    case.call(monkey.is_object_patched, "socket", "fromfd")
    case.call(monkey.is_object_patched, "socket", "socket")


# -- patch_module ---------------------------------------------------------------------


def _modules(**names):
    target = types.ModuleType("target")
    target.one, target.two = 1, 2
    source = types.ModuleType("source")
    vars(source).update({"one": 10, "two": 20, **names})
    sys.modules["target"] = target
    return target, source


@each(None, ["one"], ["missing"], [], ("one", "two"), {"one"}, "one", 5)
def items_of_a_module(case, items):
    target, source = _modules()
    if items is None:
        source.__implements__ = ["one"]
        case.call(monkey.patch_module, target, source)
    else:
        case.call(monkey.patch_module, target, source, items=items)
    case.attributes(target, "one", "two", "missing")
    case.call(monkey.is_module_patched, "target")
    case.call(monkey.get_original, "target", "one")


@each(["one"], None, 5, "one")
def implements(case, value):
    target, source = _modules(__implements__=value)
    case.call(monkey.patch_module, target, source)
    case.attributes(target, "one")


def hooks(case):
    target, source = _modules(
        __implements__=["one"],
        _gevent_will_monkey_patch=lambda *args: case.show("will", len(args)),
        _gevent_did_monkey_patch=lambda *args: case.show("did", len(args)),
    )
    case.call(monkey.patch_module, target, source)
    case.attributes(target, "one")


def patched_twice(case):
    target, source = _modules(__implements__=["one"])
    case.call(monkey.patch_module, target, source)
    source.one = 11
    case.call(monkey.patch_module, target, source)
    case.attributes(target, "one")
    case.call(monkey.get_original, "target", "one")


# -- what patched names are --


@each(
    ("time", "sleep", "gevent", "sleep"),
    ("threading", "Lock", "gevent.thread", "LockType"),
    ("threading", "local", "gevent.local", "local"),
    ("threading", "Event", "gevent.event", "Event"),
    ("_thread", "get_ident", "gevent.thread", "get_ident"),
    ("socket", "socket", "gevent.socket", "socket"),
    ("select", "select", "gevent.select", "select"),
    ("os", "fork", "gevent.os", "fork"),
    ("subprocess", "Popen", "gevent.subprocess", "Popen"),
    ("queue", "Queue", "gevent.queue", "Queue"),
    ("queue", "SimpleQueue", "gevent.queue", "SimpleQueue"),
    ("queue", "LifoQueue", "gevent.queue", "LifoQueue"),
    ("signal", "signal", "gevent.signal", "signal"),
    ("selectors", "DefaultSelector", "gevent.selectors", "DefaultSelector"),
    ("ssl", "SSLContext", "gevent.ssl", "SSLContext"),
)
def is_the_same_as(case, names):
    import importlib

    monkey.patch_all()
    one = getattr(importlib.import_module(names[0]), names[1])
    case.show("same", one is getattr(importlib.import_module(names[2]), names[3]))


@each(
    "os",
    "thread",
    "threading",
    "time",
    "socket",
    "select",
    "selectors",
    "ssl",
    "subprocess",
    "signal",
    "queue",
    "builtins",
    "contextvars",
)
def what_modules_implement(case, name):
    import importlib

    module = importlib.import_module(f"gevent.{name}")
    implemented = sorted(getattr(module, "__implements__", ()))
    case.show("public", [n for n in implemented if not n.startswith("_")])
    case.attributes(module, "__target__")


def greenlets_in_a_patched_program(case):
    import gevent

    monkey.patch_all()
    import threading

    seen = []

    def work():
        current = threading.current_thread()
        seen.append((type(current).__name__, current.daemon, current.is_alive()))
        seen.append(current.name.startswith("Dummy-"))
        seen.append(threading.get_ident() == id(gevent.getcurrent()))
        seen.append(threading.active_count())

    gevent.spawn(work).join()
    case.show("seen", seen)
    case.call(threading.active_count)


def a_threads_greenlet(case):
    monkey.patch_all()
    import threading

    import gevent

    seen = []

    def work():
        current = gevent.getcurrent()
        seen.append(type(current).__name__)
        seen.append(threading.current_thread().ident == id(current))
        seen.append(str(current).split(" of ")[0].split(": ")[1])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    case.show("seen", seen)


@each("kill", "timeout", "exit")
def a_threads_greenlet_is_left_by(case, how):
    monkey.patch_all()
    import threading

    import gevent

    greenlets = []

    def work():
        greenlets.append(gevent.getcurrent())
        if how == "timeout":
            with gevent.Timeout(0.001):
                gevent.sleep(1)
        if how == "exit":
            raise gevent.GreenletExit
        gevent.sleep(1)

    thread = threading.Thread(target=work, name="worker")
    thread.start()
    gevent.sleep(0.001)
    if how == "kill":
        greenlets[0].kill()
    thread.join()
    case.call(thread.is_alive)
    case.call(greenlets[0].successful)
    case.attributes(greenlets[0], "value", "exception")


def join_is_left_by_a_timeout(case):
    monkey.patch_all()
    import threading

    import gevent

    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()
    with gevent.Timeout(0.001, False):
        thread.join()
    case.call(thread.is_alive)
    go.set()
    thread.join()
    case.call(thread.is_alive)


def a_native_thread_of_a_pool(case):
    monkey.patch_all()
    import threading

    import gevent

    pool = gevent.get_hub().threadpool
    case.call(pool.apply, lambda: type(threading.current_thread()).__name__)
    case.call(
        pool.apply, lambda: threading.get_ident() != threading.main_thread().ident
    )
    case.call(pool.apply, lambda: threading.current_thread() is threading.main_thread())
