"""Programs about ``gevent.hub`` and what the package offers of it."""

from __future__ import annotations

import threading

from differential import each

import gevent
from gevent.event import Event
from gevent.hub import Waiter, get_hub, linkproxy

MODULE = "gevent.hub"

native_thread = threading.Thread


def fail(*args):
    raise KeyError(args)


def in_a_thread(case, function):
    thread = native_thread(target=lambda: case.named_call("thread", function))
    thread.start()
    thread.join()


def the_hub_of_this_thread(case):
    from gevent import hub

    case.show("none", hub._get_hub())
    case.show("made", get_hub() is hub._get_hub())
    case.show("again", get_hub() is get_hub())


def attributes_of_the_hub(case):
    hub = get_hub()
    case.attributes(
        hub, "NOT_ERROR", "SYSTEM_ERROR", "dead", "name", "main_hub",
        "threadpool_size", "backend", "periodic_monitoring_thread",
        "exception_stream", "minimal_ident", "nosuch",
    )  # fmt: skip
    hub.name = "mine"
    case.show("named", hub)
    case.show("truth", bool(hub))
    case.show("kind", type(hub).__name__)


@each(True, False, None)
def destroy(case, destroy_loop):
    hub = get_hub()
    loop = hub.loop
    case.call(hub.destroy, destroy_loop)
    case.show("itself", hub)
    case.attributes(hub, "dead", "loop", "exception_stream")
    case.call(hub.destroy, destroy_loop)
    case.show("another", get_hub() is not hub)
    case.show("kept", get_hub().loop is loop)
    case.call(gevent.sleep, 0)


@each(True, False, None)
def destroy_in_a_thread(case, destroy_loop):
    def ends():
        hub = get_hub()
        gevent.sleep(0)
        hub.destroy(destroy_loop)
        return hub.dead

    in_a_thread(case, ends)


@each(True, None)
def destroy_the_hub_of_an_ended_thread(case, destroy_loop):
    hubs = []

    def ends():
        gevent.sleep(0)
        hubs.append(get_hub())

    in_a_thread(case, ends)
    case.call(hubs[0].destroy, destroy_loop=destroy_loop)


def join_with_nothing(case):
    case.call(get_hub().join)
    case.call(get_hub().join, 0)
    case.call(get_hub().join, timeout=0.001)


@each(None, 0.001, 0.02)
def join_with_something(case, timeout):
    gevent.spawn_later(0.005, case.show, "ran", True)
    case.call(get_hub().join, timeout)


def join_elsewhere(case):
    gevent.spawn(case.call, get_hub().join).join()
    get_hub().loop.run_callback(case.call, get_hub().join)
    gevent.sleep(0)


@each("sleep", "wait", "join", "get", "switch", "spawn")
def to_block_in_the_hub(case, what):
    greenlet = gevent.spawn(gevent.sleep, 0.001)
    call = {
        "sleep": lambda: gevent.sleep(0),
        "wait": Event().wait,
        "join": greenlet.join,
        "get": greenlet.get,
        "switch": get_hub().switch,
        "spawn": lambda: gevent.spawn(len, "x").ready(),
    }[what]
    get_hub().loop.run_callback(case.named_call, what, call)
    gevent.sleep(0.003)


@each(0, 0.001, -1, None, "x", True, 1e-9)
def sleep(case, seconds):
    case.call(gevent.sleep, seconds)
    case.call(gevent.sleep, seconds, ref=False)


def sleep_lets_others_run_in_order(case):
    for number in range(3):
        gevent.spawn(case.show, "ran", number)
    gevent.sleep(0)
    case.show("main", True)


@each(0, 1, -1, 5)
def idle(case, priority):
    gevent.spawn(case.show, "ran", 1)
    case.call(gevent.idle, priority)


def kill_a_raw_greenlet(case):
    def waits():
        try:
            Event().wait()
        except BaseException as error:
            case.show("got", error)

    for error in (gevent.GreenletExit, KeyError, KeyError("k")):
        raw = gevent.spawn_raw(waits)
        gevent.sleep(0)
        case.call(gevent.kill, raw, error)
        case.show("dead", raw.dead)
        gevent.sleep(0)
        case.show("dead", raw.dead)
        case.call(gevent.kill, raw)


def kill_a_greenlet(case):
    greenlet = gevent.spawn(Event().wait)
    gevent.sleep(0)
    case.call(gevent.kill, greenlet)
    gevent.sleep(0)
    case.show("value", greenlet.value)


def spawn_raw(case):
    raw = gevent.spawn_raw(case.show, "ran", 1)
    case.show("truth", (bool(raw), raw.dead))
    gevent.sleep(0)
    case.show("truth", (bool(raw), raw.dead))
    gevent.spawn_raw(lambda *a, **k: case.show("got", (a, k)), 1, b=2)
    gevent.sleep(0)
    case.call(gevent.spawn_raw, None)
    case.call(gevent.spawn_raw)


def a_waiter(case):
    waiter = Waiter()
    case.show("new", str(waiter))
    case.attributes(waiter, "value", "exc_info", "hub")
    case.show("states", (waiter.ready(), waiter.successful()))
    waiter.switch(5)
    case.show("states", (waiter.ready(), waiter.successful()))
    case.show("text", str(waiter))
    case.attributes(waiter, "value", "exc_info")
    case.call(waiter.get)
    case.call(waiter.get)
    waiter.clear()
    case.show("states", (waiter.ready(), waiter.successful()))


def a_waiter_that_fails(case):
    waiter = Waiter()
    waiter.throw(KeyError("k"))
    case.show("states", (waiter.ready(), waiter.successful()))
    case.attributes(waiter, "value", "exc_info")
    case.call(waiter.get)
    case.show("text", str(waiter))


def a_waiter_that_waits(case):
    waiter = Waiter()
    get_hub().loop.run_callback(waiter.switch, "woken")
    case.call(waiter.get)
    get_hub().loop.run_callback(waiter.throw, KeyError("thrown"))
    case.call(waiter.get)
    get_hub().loop.run_callback(waiter.switch_args, 1, 2)
    case.call(waiter.get)


def a_waiter_with_two(case):
    waiter = Waiter()
    first = gevent.spawn(waiter.get)
    gevent.sleep(0)
    case.call(waiter.get)
    case.call(waiter.switch, 1)
    case.call(waiter.throw, KeyError)
    get_hub().loop.run_callback(waiter.switch, 2)
    case.call(first.get)


def a_waiter_as_a_link(case):
    for function in (len, fail):
        waiter = Waiter()
        gevent.spawn(function, "abc").rawlink(waiter)
        case.call(waiter.get)


def a_waiter_of_a_hub(case):
    case.call(Waiter(get_hub()).switch, 1)
    case.call(Waiter(hub=None).switch, 1)


def a_foreign_switch(case):
    def waits():
        case.call(Waiter().get)

    raw = gevent.spawn_raw(waits)
    gevent.sleep(0)
    get_hub().loop.run_callback(raw.switch, "other")
    gevent.sleep(0)


def wait_for_a_watcher(case):
    hub = get_hub()
    timer = hub.loop.timer(0.001)
    case.call(hub.wait, timer)
    case.show("active", timer.active)
    case.call(hub.wait, timer)
    timer.close()
    case.call(hub.wait, timer)


@each(None, KeyError("k"), KeyError)
def cancel_wait(case, error):
    hub = get_hub()
    timer = hub.loop.timer(0.005)
    waits = gevent.spawn(hub.wait, timer)
    gevent.sleep(0)
    case.call(hub.cancel_wait, timer, error or OSError(9, "closed"))
    waits.join()
    case.show("got", waits.exception)
    case.call(hub.cancel_wait, timer, OSError)
    case.call(hub.cancel_wait, None, OSError)
    timer.close()


def a_link_proxy(case):
    proxy = linkproxy(lambda thing: case.show("called", thing), 5)
    case.call(proxy, 1)
    case.call(proxy, 1)


def reinit(case):
    case.call(gevent.reinit)
    get_hub()
    case.call(gevent.reinit)
    case.call(gevent.reinit, get_hub())


def fork(case):
    import os

    gevent.sleep(0)
    pid = os.fork()
    if not pid:
        gevent.sleep(0.001)
        os._exit(gevent.spawn(lambda: 7).get())
    case.show("code", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


@each("none", "list", 5, None)
def signal_handler(case, handler):
    import signal

    function = {"none": lambda: None, "list": []}.get(handler, handler)
    made = case.named_call("made", lambda: bool(gevent.signal_handler(10, function)))
    case.call(gevent.signal_handler, signal.NSIG, len)
    case.call(gevent.signal_handler, 0, len)
    case.show("made", made)


def a_signal(case):
    import os

    made = gevent.signal_handler(10, lambda *args: case.show("got", args), 1, 2)
    case.show("ref", made.ref)
    for _ in range(2):
        os.kill(os.getpid(), 10)
        gevent.sleep(0.002)
    made.ref = True
    case.show("ref", made.ref)
    made.ref = False
    case.call(made.cancel)
    case.call(made.cancel)


def set_hub(case):
    from gevent import hub

    first = get_hub()
    hub.set_hub(None)
    case.show("none", hub._get_hub())
    hub.set_hub(first)
    case.show("back", get_hub() is first)


def assigned_handlers(case):
    hub = get_hub()
    hub.handle_error = lambda *args: case.show("error", args[1:3])
    gevent.spawn(fail, 1).join()
    hub.loop.run_callback(fail, 2)
    gevent.sleep(0)
    del hub.handle_error
    hub.print_exception = lambda *args: case.show("printed", args[1:3])
    gevent.spawn(fail, 3).join()


@each(
    SystemExit(3), KeyboardInterrupt(), SystemError("x"), KeyError("k"), GeneratorExit()
)
def system_errors(case, error):
    hub = get_hub()
    case.call(hub.handle_error, None, type(error), error, None)
    gevent.spawn(hub.handle_system_error, type(error), error)
    case.call(gevent.sleep, 0)


def hubs_of_threads(case):
    def of_thread():
        return get_hub() is get_hub(), get_hub().main_hub, get_hub().loop.default

    in_a_thread(case, of_thread)
    case.call(of_thread)


def a_greenlet_of_another_thread(case):
    mine = gevent.spawn(gevent.sleep, 0.001)

    def other():
        return mine.join()

    thread = native_thread(target=lambda: case.named_call("join", other))
    thread.start()
    thread.join()
    mine.join()


@each(1, 2, None, 0, -1)
def wait_with_a_count(case, count):
    things = [Event(), Event(), gevent.spawn(len, "x")]
    things[1].set()
    done = case.named_call("n", lambda: gevent.wait(things, count=count, timeout=0.002))
    case.show("which", [things.index(each) for each in done or ()])


def wait_for_everything(case):
    gevent.spawn_later(0.001, case.show, "ran", 1)
    case.call(gevent.wait)
    case.call(gevent.wait, timeout=0.001)


def iwait(case):
    greenlets = [gevent.spawn_later(n / 500, len, "x" * n) for n in (2, 0, 1)]
    for greenlet in gevent.iwait(greenlets):
        case.show("done", greenlet.value)
    case.call(lambda: list(gevent.iwait(greenlets, timeout=0)) == greenlets)
    iterator = gevent.iwait(greenlets)
    case.call(next, iterator)


def order_of_callbacks_and_greenlets(case):
    loop = get_hub().loop
    loop.run_callback(case.show, "callback", 1)
    gevent.spawn(case.show, "greenlet", 2)
    loop.run_callback(case.show, "callback", 3)
    event = Event()
    event.rawlink(lambda _: case.show("link", 4))
    event.set()
    gevent.spawn(case.show, "greenlet", 5)
    gevent.sleep(0)
    case.show("main", 6)
