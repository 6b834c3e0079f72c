"""Programs that use ``_thread`` and ``queue`` after patching, and unpatched."""

from __future__ import annotations

import _thread
import threading
import time

from differential import each

MODULE = "gevent.monkey"
PATCHED = True


def _run(function, *args, **kwargs):
    """Run in a low-level thread and wait for its end."""
    done = _thread.allocate_lock()
    done.acquire()

    def work():
        try:
            function(*args, **kwargs)
        finally:
            done.release()

    ident = _thread.start_new_thread(work, ())
    done.acquire()
    return ident


def ident_is_returned(case):
    seen = []
    ident = _run(lambda: seen.append(_thread.get_ident()))
    case.show("same", seen == [ident])


@each(
    ("f", ()),
    (print, 5),
    (print, None),
    (print, (), 5),
    (print, (), None),
    (print, (), "x"),
    (print, (), [("sep", "")]),
    (5, 5, 5),
    (),
    (print,),
    (print, (), {}, 1),
)
def start_new_thread_with(case, args):
    case.named_call("start", lambda: type(_thread.start_new_thread(*args)).__name__)
    time.sleep(0.002)


@each(ValueError("wrong"), SystemExit(3), SystemExit(), KeyError("k"))
def start_new_thread_fails(case, error):
    def fail():
        raise error

    _thread.start_new_thread(fail, ())
    time.sleep(0.003)


def exit_ends_the_thread(case):
    seen = []

    def work():
        seen.append(1)
        _thread.exit()
        seen.append(2)

    _thread.start_new_thread(work, ())
    time.sleep(0.002)
    case.show("seen", seen)


def exit_raises(case):
    try:
        _thread.exit()
    except BaseException as error:
        case.show("is an exit", not isinstance(error, Exception))
    try:
        _thread.exit_thread()
    except BaseException as error:
        case.show("is an exit", not isinstance(error, Exception))


def exit_in_a_thread_object(case):
    def work():
        _thread.exit()

    thread = threading.Thread(target=work, name="exits")
    thread.start()
    thread.join()
    case.call(thread.is_alive)


def kwargs_are_passed(case):
    seen = []
    _thread.start_new_thread(lambda *a, **k: seen.append((a, k)), (1,), {"k": 2})
    time.sleep(0.002)
    case.show("seen", seen)


@each("acquire", "release", "locked", "acquire_lock", "release_lock", "locked_lock")
def lock_has(case, name):
    lock = _thread.allocate_lock()
    case.call(getattr(lock, name))
    case.call(lock.locked)


def lock_type(case):
    lock = _thread.allocate_lock()
    case.show("instance", isinstance(lock, _thread.LockType))
    case.show("error", _thread.error is RuntimeError)
    case.call(lock.release)


@each(
    "_count",
    "TIMEOUT_MAX",
    "get_native_id",
    "interrupt_main",
    "stack_size",
    "RLock",
    "_excepthook",
    "_ExceptHookArgs",
    "_set_sentinel",
    "daemon_threads_allowed",
)
def names(case, name):
    case.named_call("there", hasattr, _thread, name)
    value = getattr(_thread, name, None)
    case.show("callable", callable(value))


def interrupt_main(case):
    def work():
        _thread.interrupt_main()

    _thread.start_new_thread(work, ())
    try:
        for _ in range(100):
            time.sleep(0.001)
        case.show("interrupted", False)
    except KeyboardInterrupt:
        case.show("interrupted", True)


@each(2, 64, 65, 0, -1, "x")
def interrupt_main_with(case, number):
    import signal

    seen = []
    signal.signal(signal.SIGINT, lambda *args: seen.append(args[0]))
    case.call(_thread.interrupt_main, number)
    time.sleep(0.002)
    case.show("seen", seen)


def count(case):
    go = _thread.allocate_lock()
    go.acquire()
    before = _thread._count()
    _thread.start_new_thread(go.acquire, ())
    case.show("kind", type(before).__name__)
    go.release()
    time.sleep(0.001)
