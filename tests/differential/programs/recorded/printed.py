"""What failing greenlets, callbacks, links, timers, workers and servers print."""

from __future__ import annotations

import logging
import sys

from differential import each

import gevent
from gevent.event import AsyncResult, Event
from gevent.lock import Semaphore
from gevent.pool import Group, Pool
from gevent.server import DatagramServer, StreamServer
from gevent.socket import create_connection, socket
from gevent.threadpool import ThreadPool, ThreadPoolExecutor

MODULE = "gevent.hub"


class Failure(Exception):
    """What most of them fail with."""


def fail(*args, **kwargs):
    raise Failure(args, kwargs)


class Callable:
    """An object that can be called, with a repr of its own."""

    def __repr__(self):
        return "<Callable>"

    def __call__(self, *args):
        raise Failure(args)

    def method(self, *args):
        raise Failure(args)


class Unrepresentable:
    """Its repr fails."""

    def __repr__(self):
        raise LookupError("no repr")


class Subclass(gevent.Greenlet):
    """Its body is a method."""

    def _run(self, *args):
        raise Failure(args)


@each((), (1,), (1, "x"), (None, [1, 2]))
def greenlet_with_arguments(case, args):
    gevent.spawn(fail, *args).join()


def greenlet_with_keywords(case):
    gevent.spawn(fail, 1, b=3, c="x").join()


@each("fail", "lambda", "callable", "method", "builtin", "class", "partial", "nested")
def greenlet_of_any_callable(case, kind):
    import functools

    def nested():
        fail()

    body = {
        "fail": fail,
        "lambda": lambda: fail(),
        "callable": Callable(),
        "method": Callable().method,
        "builtin": int,
        "class": Callable.method,
        "partial": functools.partial(fail, 1),
        "nested": nested,
    }[kind]
    arguments = {"builtin": ("x",), "class": (1,)}.get(kind, ())
    gevent.spawn(body, *arguments).join()


def greenlet_whose_arguments_have_no_repr(case):
    gevent.spawn(fail, Unrepresentable()).join()


def greenlet_with_a_name(case):
    greenlet = gevent.Greenlet(fail, 1)
    greenlet.name = "worker"
    greenlet.start()
    greenlet.join()


def greenlet_of_a_subclass(case):
    Subclass(1, 2).start()
    gevent.sleep(0)
    gevent.sleep(0)


def greenlet_later(case):
    gevent.spawn_later(0.001, fail, 1).join()


def greenlet_that_is_read(case):
    greenlet = gevent.spawn(fail, 1)
    case.call(greenlet.get)
    case.attributes(greenlet, "exception", "value", "args", "kwargs", "dead")


def greenlet_that_chains(case):
    def body():
        try:
            fail(1)
        except Failure as error:
            raise LookupError("second") from error

    gevent.spawn(body).join()


def greenlet_that_fails_with_a_group(case):
    def body():
        raise ExceptionGroup("two", [Failure(1), KeyError(2)])

    gevent.spawn(body).join()


@each(SystemExit, KeyboardInterrupt, gevent.GreenletExit, gevent.Timeout, GeneratorExit)
def greenlet_that_ends_with(case, error):
    def body():
        raise error("x") if error is not gevent.Timeout else error(1)

    greenlet = gevent.spawn(body)
    case.call(greenlet.join)
    case.call(gevent.sleep, 0)
    case.attributes(greenlet, "value", "exception")


@each(ValueError, KeyError("k"), gevent.GreenletExit, SystemExit(3))
def greenlet_killed_with(case, error):
    greenlet = gevent.spawn(gevent.sleep, 10)
    gevent.sleep(0)
    case.call(greenlet.kill, error)
    case.attributes(greenlet, "value", "exception")


@each(ValueError, KeyError("k"), gevent.GreenletExit)
def greenlet_killed_before_it_runs_with(case, error):
    greenlet = gevent.spawn(fail)
    case.call(greenlet.kill, error)
    case.attributes(greenlet, "value", "exception")


def greenlet_that_prints_its_own(case):
    class Own(gevent.Greenlet):
        def _report_error(self, exc_info):
            print("mine", exc_info[0].__name__)
            super()._report_error(exc_info)

    own = Own(fail, 1)
    own.start()
    own.join()


def raw_greenlet(case):
    raw = gevent.spawn_raw(fail, 1, b=2)
    gevent.sleep(0)
    case.show("dead", raw.dead)


@each("run_callback", "run_callback_threadsafe")
def callback_of_the_loop(case, name):
    getattr(gevent.get_hub().loop, name)(fail, 1, "x")
    gevent.sleep(0)
    gevent.sleep(0.001)


@each("timer", "prepare", "check", "async_")
def watcher(case, kind):
    loop = gevent.get_hub().loop
    made = loop.timer(0) if kind == "timer" else getattr(loop, kind)()
    made.start(fail, 1)
    if kind == "async_":
        made.send()
    gevent.sleep(0.002)
    made.stop()
    made.close()


@each("link", "rawlink", "link_value", "link_exception")
def link_of_a_greenlet(case, name):
    greenlet = gevent.spawn(fail if name == "link_exception" else len, "x")
    getattr(greenlet, name)(fail)
    gevent.sleep(0)
    gevent.sleep(0)
    gevent.sleep(0)


@each(Event, AsyncResult, Semaphore)
def link_of(case, kind):
    thing = kind() if kind is not Semaphore else kind(0)
    thing.rawlink(fail)
    if kind is Semaphore:
        thing.release()
    else:
        thing.set()
    gevent.sleep(0)
    gevent.sleep(0)


@each("spawn", "map", "imap", "imap_unordered", "apply", "apply_async")
def pool(case, name):
    for made in (Group(), Pool(2)):
        method = getattr(made, name)
        if name in ("map", "imap", "imap_unordered"):
            case.call(lambda m=method: list(m(fail, [1])))
        else:
            arguments = (fail, 1) if name == "spawn" else (fail, (1,))
            case.named_call(name, method, *arguments)
        case.call(made.join)


def pool_callback(case):
    case.call(Pool(1).apply_async, len, ("x",), {}, fail)
    gevent.sleep(0)
    gevent.sleep(0)
    gevent.sleep(0)


@each("spawn", "apply", "map")
def thread_pool(case, name):
    made = ThreadPool(1)
    method = getattr(made, name)
    if name == "spawn":
        case.call(lambda: method(fail, 1).get())
    else:
        case.named_call(name, method, fail, (1,) if name == "apply" else [1])
    made.kill()


def thread_pool_result_nobody_reads(case):
    made = ThreadPool(1)
    made.spawn(fail, 1).wait()
    made.kill()


def executor(case):
    made = ThreadPoolExecutor(1)
    future = made.submit(fail, 1)
    case.call(future.result)
    future.add_done_callback(fail)
    gevent.sleep(0.001)
    made.shutdown()


def signal_handler(case):
    import os
    import signal

    handler = gevent.signal_handler(signal.SIGUSR1, fail, 1)
    os.kill(os.getpid(), signal.SIGUSR1)
    gevent.sleep(0.01)
    handler.cancel()


def stream_server_handler(case):
    def handle(sock, address):
        raise Failure("in the handler")

    server = StreamServer(("127.0.0.1", 0), handle)
    server.start()
    client = create_connection(("127.0.0.1", server.server_port))
    case.hide(client.getsockname()[1], "CLIENT")
    case.call(client.recv, 10)
    client.close()
    server.stop()


def stream_server_handler_with_a_pool(case):
    def handle(sock, address):
        raise Failure("in the handler")

    server = StreamServer(("127.0.0.1", 0), handle, spawn=2)
    server.start()
    client = create_connection(("127.0.0.1", server.server_port))
    case.call(client.recv, 10)
    client.close()
    server.stop()


def stream_server_spawn_raw(case):
    def handle(sock, address):
        raise Failure("in the handler")

    server = StreamServer(("127.0.0.1", 0), handle, spawn="raw")
    server.start()
    client = create_connection(("127.0.0.1", server.server_port))
    client.settimeout(0.05)
    case.call(client.recv, 10)
    client.close()
    server.stop()


def stream_server_without_spawn(case):
    def handle(sock, address):
        raise Failure("in the handler")

    server = StreamServer(("127.0.0.1", 0), handle, spawn=None)
    server.start()
    client = create_connection(("127.0.0.1", server.server_port))
    client.settimeout(0.05)
    case.call(client.recv, 10)
    client.close()
    server.stop()


def datagram_server_handler(case):
    class Server(DatagramServer):
        def handle(self, data, address):
            raise Failure(data)

    server = Server(("127.0.0.1", 0))
    server.start()
    client = socket(type=2)
    client.sendto(b"data", ("127.0.0.1", server.server_port))
    gevent.sleep(0.02)
    client.close()
    server.stop()


def handle_error_replaced(case):
    hub = gevent.get_hub()
    hub.handle_error = lambda context, kind, value, tb: case.show(
        "handled", (type(context).__name__, kind, str(value), tb is None)
    )
    gevent.spawn(fail, 1).join()
    hub.loop.run_callback(fail, 2)
    gevent.sleep(0)
    timer = hub.loop.timer(0)
    timer.start(fail, 3)
    gevent.sleep(0.002)
    timer.close()


def print_exception_replaced(case):
    hub = gevent.get_hub()
    hub.print_exception = lambda context, kind, value, tb: case.show(
        "printed", (type(context).__name__, kind, str(value), tb is None)
    )
    gevent.spawn(fail, 1).join()


def exception_stream_replaced(case):
    import io

    hub = gevent.get_hub()
    hub.exception_stream = stream = io.StringIO()
    gevent.spawn(fail, 1).join()
    case.show("lines", len(stream.getvalue().splitlines()) > 3)


def no_standard_error(case):
    sys.stderr = None
    greenlet = gevent.spawn(fail, 1)
    case.call(greenlet.join)


@each(None, "context", ("a", 1), fail)
def handle_error_of_any_context(case, context):
    try:
        fail()
    except Failure:
        gevent.get_hub().handle_error(context, *sys.exc_info())


def not_error_classes(case):
    hub = gevent.get_hub()
    case.show("not errors", hub.NOT_ERROR)
    case.show("system errors", hub.SYSTEM_ERROR)
    hub.NOT_ERROR += (Failure,)
    gevent.spawn(fail, 1).join()


def threading_excepthook_is_not_asked(case):
    import threading

    threading.excepthook = lambda args: print("asked", args.exc_type)
    gevent.spawn(fail).join()


def logging_in_a_failing_greenlet(case):
    logging.basicConfig(format="%(levelname)s %(message)s")

    def body():
        logging.exception("before") if False else logging.warning("before")
        fail()

    gevent.spawn(body).join()


def finalizer_in_a_greenlet(case):
    class Finalized:
        def __del__(self):
            raise Failure("in __del__")

    def body():
        Finalized()

    gevent.spawn(body).join()


def main_greenlet_fails_beside_others(case):
    gevent.spawn(gevent.sleep, 10)
    gevent.sleep(0)
    fail("main")


def exit_in_a_greenlet(case):
    gevent.spawn(sys.exit, 3)
    gevent.sleep(0.01)
    case.show("not reached", True)


@each("text", None, 4, 0)
def exit_of_the_main_greenlet(case, status):
    gevent.spawn(gevent.sleep, 10)
    gevent.sleep(0)
    sys.exit(status)


def loop_exit_of_the_main_greenlet(case):
    Event().wait()


def loop_exit_inside_a_greenlet(case):
    greenlet = gevent.spawn(Event().wait)
    case.call(greenlet.join)


def timeout_nobody_catches(case):
    with gevent.Timeout(0.001):
        gevent.sleep(5)


def timeout_in_a_greenlet(case):
    def body():
        with gevent.Timeout(0.001):
            gevent.sleep(5)

    gevent.spawn(body).join()


def timeout_with_an_exception(case):
    with gevent.Timeout(0.001, Failure("late")):
        gevent.sleep(5)
