"""Programs about ``gevent.thread`` and ``gevent.threading`` in unpatched programs."""

from __future__ import annotations

import sys

from differential import each

MODULE = "gevent.thread"
TWIN = "_thread"


def start(case):
    seen = []
    thread = case.module
    ident = thread.start_new_thread(
        lambda *a, **k: seen.append((a, k, thread.get_ident())), (1,), {"k": 2}
    )
    case.sleep(0.003)
    case.show("seen", seen[0][:2])
    case.show("ident", seen[0][2] == ident)


@each(ValueError("wrong"), SystemExit(3))
def a_thread_fails(case, error):
    def fail(*args, **kwargs):
        raise error

    case.module.start_new_thread(fail, (1,), {"key": 2})
    case.sleep(0.003)


@each("all", "names")
def module(case, what):
    if what == "all":
        case.named_call("all", lambda: sorted(case.module.__all__))
    else:
        names = (
            "LockType",
            "allocate_lock",
            "exit",
            "get_ident",
            "RLock",
            "error",
            "TIMEOUT_MAX",
            "allocate",
            "exit_thread",
            "get_native_id",
            "interrupt_main",
            "start_new",
            "stack_size",
            "start_new_thread",
        )
        case.show("there", [hasattr(case.module, name) for name in names])


def exit_ends_a_thread(case):
    seen = []

    def work():
        seen.append(1)
        case.module.exit()

    case.module.start_new_thread(work, ())
    case.sleep(0.003)
    case.show("seen", seen)


def lock(case):
    made = case.module.allocate_lock()
    case.call(made.acquire)
    case.call(made.acquire, False)
    case.call(made.acquire, True, 0.001)
    case.call(made.locked)
    made.release()
    case.call(made.locked)
    with made:
        case.call(made.locked)


@each((), (None,), (0,), (32768,), (100,), (-5,), ("x",))
def stack_size(case, args):
    case.call(case.module.stack_size, *args)


def a_lock_handed_over(case):
    made = case.module.allocate_lock()
    made.acquire()
    other = case.spawn(made.release)
    case.call(made.acquire, True, 2)
    other.join(1)


@each(
    "Thread",
    "Timer",
    "Lock",
    "RLock",
    "local",
    "get_ident",
    "getcurrent",
    "main_native_thread",
    "start_new_thread",
    "allocate_lock",
)
def names_of_threading(case, name):
    if case.is_stdlib:
        return
    import gevent.threading

    value = getattr(gevent.threading, name)
    case.show("name", value.__name__)
    case.show("class", isinstance(value, type))


def importing_threading_changes_nothing(case):
    if case.is_stdlib:
        return
    import threading

    before = dict(vars(threading))
    sys.modules.pop("gevent.threading", None)
    import gevent.threading

    case.show("same", before == dict(vars(threading)))
    case.show("main", gevent.threading.main_native_thread() is threading.main_thread())


def an_unpatched_thread_is_native(case):
    if case.is_stdlib:
        return
    import threading

    import gevent.threading

    seen = []
    made = gevent.threading.Thread(
        target=lambda: seen.append(threading.get_native_id())
    )
    made.start()
    made.join()
    case.show("native", seen != [threading.get_native_id()])
    case.show("repr", repr(made).split("(")[0])


def an_unpatched_timer(case):
    if case.is_stdlib:
        return
    import gevent.threading

    seen = []
    made = gevent.threading.Timer(0.001, seen.append, (1,))
    made.start()
    made.join()
    case.show("seen", seen)


def builtins(case):
    if case.is_stdlib:
        return
    import builtins as stdlib

    import gevent.builtins

    case.show("implements", list(gevent.builtins.__implements__))
    missing = [
        name
        for name in dir(stdlib)
        if not name.startswith("_")
        and getattr(gevent.builtins, name, None) is not getattr(stdlib, name)
    ]
    case.show("missing", missing)
    case.show(
        "all",
        sorted(gevent.builtins.__all__)
        == sorted(name for name in dir(stdlib) if not name.startswith("_")),
    )
