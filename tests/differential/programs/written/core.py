"""Programs about the loop and its watchers."""

from __future__ import annotations

import os

from differential import each

import gevent
from gevent.hub import get_hub

MODULE = "gevent.core"

KINDS = ("io", "timer", "idle", "prepare", "check", "fork", "async_", "stat", "signal")


def make(kind, loop=None, **options):
    loop = loop or get_hub().loop
    first = {
        "io": (0, 1), "timer": (0.001,), "stat": ("/etc/passwd",), "signal": (10,),
    }.get(kind, ())  # fmt: skip
    return getattr(loop, kind)(*first, **options)


LOOKS = ("active", "pending", "ref", "priority", "callback", "args")


@each(*KINDS)
def life_of_a_watcher(case, kind):
    watcher = make(kind)
    case.attributes(watcher, *LOOKS)
    case.show("loop", watcher.loop is get_hub().loop)
    case.call(watcher.start, len, "x")
    case.attributes(watcher, *LOOKS)
    case.call(watcher.start, len, "y")
    case.attributes(watcher, "args")
    case.call(watcher.stop)
    case.attributes(watcher, *LOOKS)
    case.call(watcher.stop)
    case.call(watcher.close)
    case.call(watcher.close)
    case.attributes(watcher, *LOOKS)


@each(*KINDS)
def a_closed_watcher(case, kind):
    watcher = make(kind)
    watcher.close()
    case.call(watcher.start, len)
    case.call(watcher.stop)
    case.show("active", watcher.active)


@each(*KINDS)
def start_with_what_cannot_be_called(case, kind):
    watcher = make(kind)
    for thing in (None, 1, "x"):
        case.call(watcher.start, thing)
    case.call(watcher.start)
    case.show("active", watcher.active)
    watcher.close()


@each(*KINDS)
def ref_of_a_watcher(case, kind):
    loop = get_hub().loop
    watcher = make(kind, ref=False)
    case.show("ref", watcher.ref)
    watcher.start(len, "x")
    case.show("keeps", loop.activecnt)
    watcher.ref = True
    case.show("keeps", loop.activecnt)
    watcher.ref = False
    case.show("keeps", loop.activecnt)
    watcher.close()
    case.show("keeps", loop.activecnt)


@each(*KINDS)
def priority_of_a_watcher(case, kind):
    watcher = make(kind)
    for priority in (0, 1, -2, 2, 5, -5):
        case.named_call("set", setattr, watcher, "priority", priority)
        case.show("is", watcher.priority)
    watcher.start(len, "x")
    case.named_call("active", setattr, watcher, "priority", 1)
    watcher.close()


@each(*KINDS)
def callback_is_assigned(case, kind):
    watcher = make(kind)
    watcher.start(len, "x")
    for value in (None, 1, abs):
        case.named_call("set", setattr, watcher, "callback", value)
    watcher.close()


@each(*KINDS)
def repr_of_a_watcher(case, kind):
    watcher = make(kind)
    case.show("new", watcher)
    watcher.start(len, "x")
    case.show("active", watcher)
    watcher.stop()
    case.show("stopped", watcher)
    watcher.close()
    case.show("closed", watcher)


@each(*KINDS)
def a_watcher_as_a_context(case, kind):
    def block():
        with make(kind) as watcher:
            watcher.start(len, "x")
        return watcher.active

    case.call(block)


@each("idle", "prepare", "check")
def what_the_loop_does(case, kind):
    watcher = make(kind)
    watcher.start(case.show, "fired", kind)
    gevent.sleep(0)
    watcher.stop()
    gevent.sleep(0)
    watcher.close()


def order_of_an_iteration(case):
    loop = get_hub().loop
    watchers = [make(kind) for kind in ("prepare", "check", "timer")]
    for kind, watcher in zip(("prepare", "check", "timer"), watchers, strict=True):
        watcher.start(lambda w=watcher, k=kind: (case.show("fired", k), w.stop()))
    loop.run_callback(case.show, "callback", 1)
    gevent.sleep(0.005)
    for watcher in watchers:
        watcher.close()


@each(0, 0.001, -1, "x", None, float("inf"))
def timer_of(case, after):
    loop = get_hub().loop
    timer = case.call(loop.timer, after)
    if timer is not None:
        timer.start(case.show, "fired", after)
        gevent.sleep(0.003)
        case.show("active", timer.active)
        timer.close()


@each(0, 0.001, -1, "x", 5)
def timer_with_repeat(case, repeat):
    loop = get_hub().loop
    timer = case.call(loop.timer, 0.001, repeat)
    if timer is None:
        return
    fired = []
    timer.start(fired.append, 1)
    gevent.sleep(0.0045)
    case.show("fired", (len(fired) > 0, len(fired) > 1))
    case.show("active", timer.active)
    timer.close()


@each(0, 0.001)
def timer_again(case, repeat):
    loop = get_hub().loop
    timer = loop.timer(5, repeat)
    case.call(timer.again, case.show, "fired", 1)
    case.show("active", timer.active)
    gevent.sleep(0.0015)
    timer.stop()
    timer.close()


def timers_in_order(case):
    loop = get_hub().loop
    for number, after in enumerate((0.003, 0.001, 0.002, 0)):
        loop.timer(after).start(case.show, "fired", number)
    gevent.sleep(0.006)


def timers_of_the_same_time_by_priority(case):
    loop = get_hub().loop
    for priority in (-1, 2, 0):
        loop.timer(0, priority=priority).start(case.show, "fired", priority)
    gevent.sleep(0.002)


def a_timer_is_dropped(case):
    get_hub().loop.timer(0.001).start(case.show, "fired", True)
    gevent.sleep(0.003)


def a_timer_starts_itself_again(case):
    timer = get_hub().loop.timer(0)
    left = [3]

    def fired():
        case.show("left", left[0])
        left[0] -= 1
        if left[0]:
            timer.start(fired)

    timer.start(fired)
    gevent.sleep(0.004)
    timer.close()


@each(1, 2, 3, 0, 4, -1, "x")
def io_of_events(case, events):
    reader, writer = os.pipe()
    watcher = case.call(lambda: bool(get_hub().loop.io(writer, events)))
    if watcher is not None:
        io = get_hub().loop.io(writer, events)
        case.attributes(io, "events", "events_str")
        io.start(lambda: (case.show("fired", True), io.stop()))
        gevent.sleep(0.002)
        io.close()
    os.close(reader)
    os.close(writer)


@each(-1, 10**6, "x", None)
def io_of_descriptors(case, number):
    case.call(get_hub().loop.io, number, 1)


def io_fires_until_it_is_stopped(case):
    reader, writer = os.pipe()
    io = get_hub().loop.io(reader, 1)
    os.write(writer, b"ab")
    io.start(lambda: case.show("read", os.read(reader, 1)))
    gevent.sleep(0.003)
    io.close()
    os.close(reader)
    os.close(writer)


def io_passes_events(case):
    reader, writer = os.pipe()
    io = get_hub().loop.io(writer, 2)
    io.start(lambda *a: (case.show("got", a), io.stop()), 5, pass_events=True)
    gevent.sleep(0.002)
    io.close()
    os.close(reader)
    os.close(writer)


def async_is_sent(case):
    loop = get_hub().loop
    watcher = loop.async_()
    case.call(watcher.send)
    watcher.start(case.show, "fired", 1)
    case.call(watcher.send)
    case.call(watcher.send)
    gevent.sleep(0.002)
    case.call(watcher.send_ignoring_arg, 5)
    gevent.sleep(0.002)
    watcher.close()


def async_from_a_thread(case):
    import threading

    watcher = get_hub().loop.async_()
    watcher.start(case.show, "fired", 1)
    thread = threading.Thread(target=watcher.send)
    thread.start()
    thread.join()
    gevent.sleep(0.003)
    watcher.close()


@each(0, 3)
def child(case, code):
    loop = get_hub().loop
    loop.install_sigchld()
    pid = os.fork()
    if not pid:
        os._exit(code)
    watcher = loop.child(pid)
    case.show("pid", watcher.pid == pid)
    get_hub().wait(watcher)
    case.show("code", os.waitstatus_to_exitcode(watcher.rstatus))
    case.show("rpid", watcher.rpid == pid)
    watcher.close()


def a_stat_watcher(case):
    watcher = get_hub().loop.stat("/nosuch")
    case.attributes(watcher, "path", "interval", "attr", "prev")
    watcher.start(len)
    case.attributes(watcher, "attr", "prev")
    watcher.close()


@each(0, 65, -1, "x", 10)
def signal_of(case, number):
    case.call(lambda: bool(get_hub().loop.signal(number)))


@each(
    "default", "MAXPRI", "MINPRI", "approx_timer_resolution", "activecnt", "pendingcnt",
    "backend", "backend_int", "error_handler", "origflags", "origflags_int", "nosuch",
    "starting_timer_may_update_loop_time", "sig_pending",
)  # fmt: skip
def attribute_of_the_loop(case, name):
    case.attributes(get_hub().loop, name)


def numbers_of_the_loop(case):
    loop = get_hub().loop
    case.show("ptr", loop.ptr > 0)
    case.show("fileno", loop.fileno() > 0)
    case.show("iteration", isinstance(loop.iteration, int))
    case.show("now", abs(loop.now() - __import__("time").time()) < 1)
    case.call(loop.update_now)
    case.call(loop.update)
    case.call(loop.verify)


DESTROYED = (
    "ptr", "default", "backend", "backend_int", "iteration", "activecnt", "pendingcnt",
    "now", "update_now", "verify", "ref", "unref", "break_", "destroy", "run", "reinit",
    "fileno", "install_sigchld", "reset_sigchld", "error_handler", "update",
)  # fmt: skip


@each(*DESTROYED)
def a_destroyed_loop(case, name):
    loop = type(get_hub().loop)(default=False)
    loop.destroy()

    def look():
        value = getattr(loop, name)
        return value() if callable(value) else value

    case.named_call(name, look)


def callbacks_of_a_destroyed_loop(case):
    loop = type(get_hub().loop)(default=False)
    loop.destroy()
    case.call(loop.run_callback, len)
    case.call(loop.run_callback_threadsafe, len)
    case.call(loop.closing_fd, 0)


def a_loop_alone(case):
    loop = type(get_hub().loop)(default=False)
    loop.run_callback(case.show, "callback", 1)
    loop.timer(0.001).start(case.show, "timer", 2)
    case.call(loop.run)
    case.call(loop.run, nowait=True)
    case.call(loop.run, once=True)
    loop.destroy()


def break_a_loop(case):
    loop = type(get_hub().loop)(default=False)
    timer = loop.timer(0, 0.001)
    timer.start(loop.break_)
    case.call(loop.run)
    case.show("active", timer.active)
    timer.close()
    loop.destroy()


def ref_and_unref(case):
    loop = get_hub().loop
    before = loop.activecnt
    loop.ref()
    case.show("more", loop.activecnt - before)
    loop.unref()
    case.show("more", loop.activecnt - before)


def run_callback(case):
    loop = get_hub().loop
    call = loop.run_callback(case.show, "ran", 1)
    case.show(
        "pending", (call.pending, bool(call), call.args, call.callback is not None)
    )
    case.show("counted", loop.pendingcnt)
    gevent.sleep(0)
    case.show("pending", (call.pending, bool(call), call.args, call.callback))
    case.show("itself", call)


@each("stop", "close")
def a_callback_is_stopped(case, name):
    call = get_hub().loop.run_callback(case.show, "ran", 1)
    case.call(getattr(call, name))
    case.show("pending", (call.pending, bool(call), call.args, call.callback))
    case.show("itself", call)
    case.call(getattr(call, name))
    gevent.sleep(0)


@each(None, 1, "x")
def a_callback_that_cannot_be_called(case, thing):
    case.call(lambda: bool(get_hub().loop.run_callback(thing)))
    gevent.sleep(0)


def callbacks_in_order(case):
    loop = get_hub().loop

    def first():
        case.show("first", 1)
        loop.run_callback(case.show, "third", 3)

    loop.run_callback(first)
    loop.run_callback(case.show, "second", 2)
    gevent.sleep(0)
    gevent.sleep(0)


def a_callback_from_a_thread(case):
    import threading

    loop = get_hub().loop
    call = [loop.run_callback_threadsafe, case.show, "ran", 1]
    thread = threading.Thread(target=call[0], args=call[1:])
    thread.start()
    thread.join()
    gevent.sleep(0.002)


def closing_fd(case):
    reader, writer = os.pipe()
    loop = get_hub().loop
    case.call(loop.closing_fd, reader)
    io = loop.io(reader, 1)
    io.start(case.show, "fired", 1)
    case.call(loop.closing_fd, reader)
    gevent.sleep(0)
    io.close()
    os.close(reader)
    os.close(writer)


@each(None, "epoll", "select", "nosuch", 0, ["epoll"], "epoll,nosigmask")
def flags_of_a_loop(case, flags):
    loop = case.named_call("made", lambda: bool(type(get_hub().loop)(flags, False)))
    case.show("made", loop)


def names_of_core(case):
    from gevent import core

    case.show("events", (core.READ, core.WRITE))
    case.show("backends", sorted(core.supported_backends()))
    case.show("backends", core.recommended_backends())
    case.call(core.get_version)
    case.call(core.get_header_version)
