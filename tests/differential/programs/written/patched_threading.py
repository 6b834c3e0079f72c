"""Programs that use ``threading.Thread`` after patching, and unpatched."""

from __future__ import annotations

import sys
import threading
import time

from differential import each

MODULE = "gevent.monkey"
PATCHED = True


def nothing():
    pass


def ended(function, *args, **kwargs):
    """Run a thread to its end."""
    thread = threading.Thread(target=function, args=args, kwargs=kwargs)
    thread.start()
    thread.join()
    return thread


@each("name", "daemon", "ident", "native_id", "getName", "isDaemon", "is_alive")
def unstarted(case, name):
    thread = threading.Thread(target=nothing)
    case.attributes(thread, "name", "daemon", "ident", "native_id")
    value = getattr(thread, name)
    if callable(value):
        case.call(value)


def repr_in_all_states(case):
    go = threading.Event()
    thread = threading.Thread(target=go.wait, name="worker")
    case.show("new", repr(thread))
    thread.start()
    case.hide(thread.ident, "IDENT")
    case.show("running", repr(thread))
    go.set()
    thread.join()
    case.show("ended", repr(thread))


def repr_of_a_daemon(case):
    go = threading.Event()
    thread = threading.Thread(target=go.wait, name="worker", daemon=True)
    thread.start()
    case.hide(thread.ident, "IDENT")
    case.show("running", repr(thread))
    go.set()
    thread.join()
    case.show("ended", repr(thread))


def repr_of_main(case):
    thread = threading.main_thread()
    case.hide(thread.ident, "IDENT")
    case.show("main", repr(thread))


@each("target", "lambda", "method", "callable", "none")
def default_name(case, kind):
    class Callable:
        def __call__(self):
            pass

        def method(self):
            pass

    target = {
        "target": nothing,
        "lambda": lambda: None,
        "method": Callable().method,
        "callable": Callable(),
        "none": None,
    }[kind]
    case.named_call("made", lambda: threading.Thread(target=target).name)


@each(None, "", "x", 1, 1.5, b"b", ("t",))
def name_given(case, name):
    case.named_call("name", lambda: threading.Thread(name=name).name)


@each("x", 1, None, "")
def name_assigned(case, name):
    thread = threading.Thread()

    def assign():
        thread.name = name
        return thread.name

    case.call(assign)
    case.call(thread.setName, name)
    case.call(thread.getName)


@each(True, False, None, 0, 1, "x")
def daemon_given(case, daemon):
    case.named_call("daemon", lambda: threading.Thread(daemon=daemon).daemon)


def daemon_is_inherited(case):
    seen = []

    def outer():
        seen.append(threading.current_thread().daemon)
        seen.append(threading.Thread().daemon)

    thread = threading.Thread(target=outer, daemon=True)
    thread.start()
    thread.join()
    case.show("seen", seen)


def daemon_assigned_after_start(case):
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()

    def assign():
        thread.daemon = True

    case.call(assign)
    case.call(thread.setDaemon, True)
    go.set()
    thread.join()
    case.call(assign)


def group_is_reserved(case):
    case.call(threading.Thread, "group")


@each((1,), [1], "a", None, 5, {"a": 1})
def args_of_a_kind(case, args):
    seen = []
    case.named_call(
        "made", lambda: repr(threading.Thread(target=seen.append, args=args).daemon)
    )
    try:
        thread = threading.Thread(target=seen.append, args=args)
        thread.start()
        thread.join()
    except TypeError as error:
        case.show("error", error)
    case.show("seen", seen)


def started_twice(case):
    thread = ended(nothing)
    case.call(thread.start)
    case.call(thread.run)


def started_twice_while_running(case):
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()
    case.call(thread.start)
    go.set()
    thread.join()


def run_called_directly(case):
    seen = []
    thread = threading.Thread(target=seen.append, args=(1,))
    case.call(thread.run)
    case.call(thread.is_alive)
    case.show("seen", seen)
    case.call(thread.run)
    thread.start()
    thread.join()
    case.show("seen", seen)


def target_and_args_are_gone_after_it_ran(case):
    thread = ended(nothing)
    case.attributes(thread, "_target", "_args", "_kwargs")


def without_init(case):
    class Broken(threading.Thread):
        def __init__(self):
            pass

    thread = Broken()
    case.call(thread.start)
    case.call(thread.join)
    case.call(thread.is_alive)
    case.attributes(thread, "name", "ident", "daemon", "native_id")
    case.named_call("repr", repr, thread)


def join_unstarted(case):
    case.call(threading.Thread().join)
    case.call(threading.Thread().join, 0)


def join_oneself(case):
    seen = []

    def work():
        try:
            threading.current_thread().join()
        except RuntimeError as error:
            seen.append(str(error))

    ended(work)
    case.show("seen", seen)
    case.call(threading.current_thread().join)


@each(None, 0, -1, 0.001, 1, True)
def join_of_an_ended(case, timeout):
    thread = ended(nothing)
    case.call(thread.join, timeout)
    case.call(thread.join, timeout=timeout)


@each("x", [], 1j, b"1")
def join_with_a_wrong_timeout(case, timeout):
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()
    case.call(thread.join, timeout)
    case.call(thread.is_alive)
    go.set()
    thread.join()
    case.call(thread.join, timeout)


@each(0, 0.001, -1, -0.5, False, 1e-9)
def join_of_a_running(case, timeout):
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()
    case.call(thread.join, timeout)
    case.call(thread.is_alive)
    go.set()
    case.call(thread.join)
    case.call(thread.is_alive)
    case.call(thread.join)


@each(1e300, float("inf"), float("nan"), 1e10, 2**63)
def join_with_a_huge_timeout(case, timeout):
    go = threading.Event()
    thread = threading.Thread(target=go.wait, daemon=True)
    thread.start()
    threading.Timer(0.005, go.set).start()
    case.call(thread.join, timeout)
    go.set()
    thread.join()
    case.call(thread.is_alive)


def joined_by_many(case):
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()
    done = []

    def wait(number):
        thread.join()
        done.append(number)

    waiting = [threading.Thread(target=wait, args=(n,)) for n in range(3)]
    for each_one in waiting:
        each_one.start()
    go.set()
    for each_one in waiting:
        each_one.join()
    case.show("done", sorted(done))


def alive(case):
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    case.call(thread.is_alive)
    thread.start()
    case.call(thread.is_alive)
    go.set()
    thread.join()
    case.call(thread.is_alive)


def alive_as_seen_from_inside(case):
    seen = []
    ended(lambda: seen.append(threading.current_thread().is_alive()))
    case.show("seen", seen)


def ident_of_a_thread(case):
    seen = []
    thread = ended(lambda: seen.append(threading.get_ident()))
    case.show("same", seen[0] == thread.ident)
    case.show("another", thread.ident != threading.get_ident())
    case.show("kind", type(thread.ident).__name__)
    case.show("main", threading.main_thread().ident == threading.get_ident())


def native_id_of_a_thread(case):
    seen = []
    thread = ended(lambda: seen.append(threading.get_native_id()))
    case.show("same", seen[0] == thread.native_id)
    case.show("main", threading.main_thread().native_id == threading.get_native_id())


def current_is_the_thread(case):
    seen = []
    thread = ended(lambda: seen.append(threading.current_thread()))
    case.show("same", seen[0] is thread)
    case.call(lambda: threading.currentThread() is threading.main_thread())


def enumerated(case):
    go = threading.Event()
    threads = [threading.Thread(target=go.wait, name=f"t{n}") for n in range(3)]
    case.show("before", [each_one.name for each_one in threading.enumerate()])
    for thread in threads:
        thread.start()
    case.show("running", [each_one.name for each_one in threading.enumerate()])
    case.call(threading.active_count)
    case.call(threading.activeCount)
    go.set()
    for thread in threads:
        thread.join()
    case.show("afterwards", [each_one.name for each_one in threading.enumerate()])
    case.call(threading.active_count)


def unstarted_is_not_enumerated(case):
    thread = threading.Thread()
    case.show("in it", thread in threading.enumerate())


def subclass_with_run(case):
    class Worker(threading.Thread):
        def __init__(self, number):
            super().__init__(name="worker")
            self.number = number
            self.result = None

        def run(self):
            self.result = self.number * 2

    worker = Worker(21)
    worker.start()
    worker.join()
    case.attributes(worker, "result", "name", "daemon")
    case.show("repr", repr(worker).split("(")[0])


def subclass_with_slow_join(case):
    class Worker(threading.Thread):
        def join(self, timeout=None):
            case.show("join", timeout)
            return super().join(timeout)

    worker = Worker(target=nothing)
    worker.start()
    case.call(worker.join, 5)


@each(
    ValueError("wrong"),
    KeyError("key"),
    SystemExit(3),
    SystemExit("text"),
    KeyboardInterrupt("key"),
    GeneratorExit("gen"),
    BaseException("base"),
)
def an_exception_is_printed(case, error):
    def fail():
        raise error

    thread = threading.Thread(target=fail, name="failing")
    thread.start()
    thread.join()
    case.call(thread.is_alive)


def an_exception_with_a_cause_is_printed(case):
    def fail():
        try:
            raise KeyError("first")
        except KeyError as error:
            raise ValueError("second") from error

    thread = threading.Thread(target=fail, name="failing")
    thread.start()
    thread.join()


def default_name_in_what_is_printed(case):
    def fail():
        raise ValueError("wrong")

    ended(fail)


def excepthook_is_called(case):
    seen = []

    def hook(args):
        seen.append(
            (
                args.exc_type,
                str(args.exc_value),
                args.exc_traceback is not None,
                args.thread.name,
                type(args).__name__,
                len(args),
            )
        )

    def fail():
        raise ValueError("wrong")

    before = threading.excepthook
    threading.excepthook = hook
    thread = threading.Thread(target=fail, name="failing")
    thread.start()
    thread.join()
    threading.excepthook = before
    case.show("seen", seen)
    case.show("original", threading.__excepthook__ is before)


def excepthook_is_not_called_for_system_exit(case):
    seen = []
    threading.excepthook = lambda args: seen.append(args.exc_type)
    ended(sys.exit, 3)
    threading.excepthook = threading.__excepthook__
    case.show("seen", seen)


def excepthook_that_fails(case):
    def hook(args):
        raise KeyError("hook")

    def fail():
        raise ValueError("wrong")

    threading.excepthook = hook
    ended(fail)
    threading.excepthook = threading.__excepthook__


def excepthook_called_by_hand(case):
    try:
        raise ValueError("by hand")
    except ValueError as error:
        args = threading.ExceptHookArgs(
            (type(error), error, error.__traceback__, threading.current_thread())
        )
    case.call(threading.excepthook, args)
    case.call(threading.excepthook, None)
    case.call(threading.ExceptHookArgs, (1, 2))


def no_stderr(case):
    def fail():
        raise ValueError("wrong")

    before = sys.stderr
    thread = threading.Thread(target=fail, name="failing")
    sys.stderr = None
    thread.start()
    thread.join()
    sys.stderr = before
    case.call(thread.is_alive)


def start_fails_for_want_of_threads(case):
    import _thread

    def refuse(*args, **kwargs):
        raise RuntimeError("can't start new thread")

    name = "_start_new_thread"
    if not hasattr(threading, name):
        name = "_start_joinable_thread"
    before = getattr(threading, name)
    setattr(threading, name, refuse)
    thread = threading.Thread()
    case.call(thread.start)
    setattr(threading, name, before)
    case.show("listed", thread in threading.enumerate())
    case.call(thread.start)
    case.show("module", _thread.__name__)


def start_waits_until_it_runs(case):
    order = []

    class Worker(threading.Thread):
        def run(self):
            order.append("runs")
            time.sleep(0.002)

    worker = Worker()
    worker.start()
    case.show("ident", worker.ident is not None)
    case.show("alive", worker.is_alive())
    worker.join()
    case.show("order", order)


def threads_have_their_own_locals(case):
    place = threading.local()
    place.value = "main"
    seen = []

    def work(number):
        seen.append(hasattr(place, "value"))
        place.value = number
        time.sleep(0.001)
        seen.append(place.value == number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    case.show("seen", sorted(seen))
    case.show("main", place.value)


def local_of_a_subclass(case):
    class Place(threading.local):
        number = 2

        def __init__(self, start):
            self.start = start

    place = Place(5)
    place.start = 6
    seen = []
    ended(lambda: seen.append((place.start, place.number)))
    case.show("seen", seen)
    case.show("main", place.start)
    case.named_call("missing", getattr, place, "missing")
    case.named_call("arguments", threading.local, 1)
    case.show("dict", place.__dict__)


def local_is_deleted(case):
    place = threading.local()
    place.value = 1
    del place.value
    case.named_call("read", getattr, place, "value")
    case.named_call("again", delattr, place, "value")


def a_local_lets_go_at_the_end_of_a_thread(case):
    gone = []

    class Item:
        def __del__(self):
            gone.append(True)

    place = threading.local()

    def work():
        place.item = Item()

    ended(work)
    case.show("gone", gone)


@each(None, 0, 32767, 32768, 65536, 1 << 20, -1, "x", 1.5)
def stack_size(case, size):
    if size is None:
        case.call(threading.stack_size)
    else:
        case.call(threading.stack_size, size)
    case.call(threading.stack_size)


@each("setprofile", "settrace")
def hooks_of_new_threads(case, name):
    events = set()

    def hook(frame, event, arg):
        events.add((threading.get_ident(), event))

    def work():
        return len("abc")

    case.call(getattr(threading, name), hook)
    case.show("get", getattr(threading, name.replace("set", "get"))() is hook)
    thread = threading.Thread(target=work, name="traced")
    thread.start()
    thread.join()
    getattr(threading, name)(None)
    case.show("get", getattr(threading, name.replace("set", "get"))())
    case.show("events", {event for ident, event in events if ident == thread.ident})
    case.show("here", getattr(sys, name.replace("set", "get"))())


@each(
    "TIMEOUT_MAX",
    "ThreadError",
    "main_thread",
    "get_native_id",
    "BrokenBarrierError",
    "excepthook",
    "ExceptHookArgs",
)
def names(case, name):
    value = getattr(threading, name)
    case.show(name, value if isinstance(value, float | type) else callable(value))


def all_names_are_there(case):
    case.show("missing", [n for n in threading.__all__ if not hasattr(threading, n)])
    case.show("all", sorted(threading.__all__))


@each(
    "Lock",
    "RLock",
    "Thread",
    "Event",
    "Condition",
    "Semaphore",
    "BoundedSemaphore",
    "Barrier",
    "Timer",
    "local",
)
def kinds_of_names(case, name):
    value = getattr(threading, name)
    case.show("class", isinstance(value, type))
    case.show("name", value.__name__.lower().replace("type", ""))


def many_threads(case):
    total = []
    lock = threading.Lock()

    def work(number):
        with lock:
            total.append(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    case.show("total", sum(total))
    case.call(threading.active_count)


def nested_threads(case):
    seen = []

    def inner():
        seen.append("inner")

    def outer():
        thread = threading.Thread(target=inner)
        thread.start()
        thread.join()
        seen.append("outer")

    ended(outer)
    case.show("seen", seen)


def a_thread_lets_go_of_its_target(case):
    import weakref

    class Target:
        def __call__(self):
            pass

    target = Target()
    reference = weakref.ref(target)
    thread = ended(target)
    del target
    case.show("gone", reference() is None)
    case.show("thread", thread.name.split(" ")[0].split("-")[0])


def a_failed_thread_lets_go(case):
    import weakref

    class Item:
        pass

    references = []

    def fail():
        item = Item()
        references.append(weakref.ref(item))
        raise ValueError("wrong")

    threading.excepthook = lambda args: None
    ended(fail)
    threading.excepthook = threading.__excepthook__
    case.show("gone", references[0]() is None)


def thread_is_hashable_and_weakly_referenced(case):
    import weakref

    thread = threading.Thread()
    case.show("set", len({thread, thread}))
    case.show("weak", weakref.ref(thread)() is thread)
    case.show("equal", thread == threading.Thread())


def a_generic_class(case):
    case.named_call("pickle", __import__("pickle").dumps, threading.Thread())
    case.named_call("copy", __import__("copy").copy, threading.Lock())
    case.named_call("deep", __import__("copy").deepcopy, threading.Event())


def dummy_of_a_thread_without_object(case):
    import _thread

    seen = []
    done = threading.Lock()
    done.acquire()

    def work():
        current = threading.current_thread()
        seen.append(type(current).__name__)
        seen.append(current.name.startswith("Dummy-"))
        seen.append(current.daemon)
        seen.append(current.is_alive())
        seen.append(current.ident == threading.get_ident())
        seen.append(current is threading.current_thread())
        try:
            current.join()
        except Exception as error:
            seen.append((type(error).__name__, str(error)))
        seen.append(current in threading.enumerate())
        done.release()

    _thread.start_new_thread(work, ())
    done.acquire()
    case.show("seen", seen)


def at_exit_the_threads_are_waited_for(case):
    def work():
        time.sleep(0.003)
        print("worked", threading.current_thread().name)

    threading.Thread(target=work, name="late").start()


def at_exit_daemons_are_not(case):
    def work():
        time.sleep(60)
        print("worked")

    threading.Thread(target=work, name="late", daemon=True).start()


def at_exit_main_is_over(case):
    main = threading.current_thread()

    def work():
        main.join()
        print("main alive", main.is_alive())
        print("listed", main in threading.enumerate())
        print("count", threading.active_count())

    threading.Thread(target=work).start()


def at_exit_a_thread_starts_another(case):
    def last():
        print("last")

    def work():
        time.sleep(0.002)
        threading.Thread(target=last).start()

    threading.Thread(target=work).start()


def at_exit_a_thread_fails(case):
    def work():
        time.sleep(0.002)
        raise ValueError("late")

    threading.Thread(target=work, name="late").start()


def at_exit_order(case):
    import atexit

    go = threading.Event()

    def shut_down():
        print("threading")
        go.set()

    atexit.register(print, "atexit")
    threading._register_atexit(shut_down)

    def work():
        go.wait()
        print("thread")

    threading.Thread(target=work).start()


def at_exit_a_timer_is_waited_for(case):
    threading.Timer(0.003, print, ("timer",)).start()
