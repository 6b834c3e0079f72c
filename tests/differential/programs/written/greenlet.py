"""Programs about ``gevent.greenlet``."""

from __future__ import annotations

import functools

from differential import each

import gevent
from gevent import Greenlet, GreenletExit, Timeout
from gevent.event import AsyncResult, Event

MODULE = "gevent.greenlet"

STATES = ("dead", "started", "value", "exception", "exc_info", "args", "kwargs")


def body(*args, **kwargs):
    return args, kwargs


def fail(*args, **kwargs):
    raise KeyError(args)


def states(case, greenlet):
    case.attributes(greenlet, *STATES)
    case.show("truth", (bool(greenlet), greenlet.ready(), greenlet.successful()))


@each("new", "started", "running", "done", "failed", "killed", "exited")
def states_of_a_greenlet(case, state):
    if state == "new":
        greenlet = Greenlet(body, 1, b=2)
    elif state == "started":
        greenlet = gevent.spawn(body, 1, b=2)
    elif state == "running":
        greenlet = gevent.spawn(Event().wait, 5)
        gevent.sleep(0)
    else:
        greenlet = gevent.spawn(fail if state == "failed" else body, 1)
        if state == "killed":
            greenlet.kill()
        elif state == "exited":
            greenlet = gevent.spawn(greenlet.throw, GreenletExit("bye"))
        greenlet.join()
    states(case, greenlet)
    case.show("itself", greenlet)
    case.show("text", str(greenlet) == repr(greenlet))
    greenlet.kill()


@each(int, dict, len, "x".join, body, functools.partial(body, 1), print, KeyError)
def repr_of_any_callable(case, function):
    case.show("repr", Greenlet(function, 1, b="x"))
    case.show("no arguments", Greenlet(function))


@each("x" * 60, [1] * 40, None, 1.5, {"a": 1}, b"x" * 100)
def repr_of_any_argument(case, argument):
    case.show("positional", Greenlet(body, argument))
    case.show("keyword", Greenlet(body, a=argument))


class Named(Greenlet):
    """Has a repr of its own."""

    def _run(self):
        return "ran"

    def __repr__(self):
        return "<own repr>"


def str_of_a_subclass_is_its_repr(case):
    case.show("str", str(Named()))
    case.show("format", f"{Named()}")


class Parent(Greenlet):
    """Calls the body that it was given."""

    def _run(self, *args):
        return "mine", args


def a_subclass_with_a_body(case):
    made = Parent()
    made.start()
    case.call(made.get)
    case.show("itself", made)
    with_function = Parent(body, 1)
    with_function.start()
    case.call(with_function.get)
    case.show("itself", with_function)
    case.named_call("none, and arguments", Parent.spawn, None, 1).join()


def the_body_as_an_attribute(case):
    greenlet = Greenlet(body, 1)
    case.show("body", greenlet._run is body)
    case.call(greenlet._run, 5)
    greenlet._run = fail
    greenlet.start()
    case.call(greenlet.join)
    case.show("itself", greenlet)


def the_body_is_assigned(case):
    greenlet = Greenlet()
    greenlet._run = body
    greenlet.start()
    case.call(greenlet.get)


class Attributed(Greenlet):
    """Remembers."""

    def __init__(self, name):
        Greenlet.__init__(self)
        self.label = name

    def _run(self):
        return self.label


def a_subclass_with_a_constructor(case):
    made = Attributed("x")
    made.start()
    case.call(made.get)
    case.call(Attributed.spawn, "y").join()
    case.call(Attributed.spawn_later, 0, "y").join()


class Forgets(Greenlet):
    """Calls no base constructor."""

    def __init__(self):
        pass


def a_subclass_that_forgets_the_constructor(case):
    made = case.call(Forgets)
    case.named_call("ready", made.ready)


@each(None, 1, "x", (), object)
def what_cannot_be_called(case, function):
    case.call(Greenlet, function, 1)
    case.call(gevent.spawn, function)
    case.call(gevent.spawn_later, 0.001, function)
    gevent.sleep(0.002)


def name_and_ident(case):
    greenlet = Greenlet(body)
    case.show("ident", isinstance(greenlet.minimal_ident, int))
    case.show("name", greenlet.name.startswith("Greenlet-"))
    greenlet.name = "mine"
    case.show("named", greenlet)
    case.show("same", greenlet.minimal_ident == greenlet.minimal_ident)


def names_are_numbered(case):
    first, second = Greenlet(body), Greenlet(body)
    case.show("idents", second.minimal_ident - first.minimal_ident)
    case.show("classes", Named().name.split("-")[0])


@each("link", "link_value", "link_exception", "rawlink")
def links(case, name):
    for function in (body, fail, gevent.sleep):
        greenlet = Greenlet(function)
        getattr(greenlet, name)(lambda g: case.show("linked", g.successful()))
        case.show("has", greenlet.has_links())
        if function is gevent.sleep:
            greenlet.throw(GreenletExit)
        greenlet.start()
        greenlet.join()
        gevent.sleep(0)
        gevent.sleep(0)
        case.show("has", greenlet.has_links())


@each("link", "link_value", "link_exception", "rawlink")
def links_after_the_end(case, name):
    for function in (body, fail):
        greenlet = gevent.spawn(function)
        greenlet.join()
        getattr(greenlet, name)(lambda g: case.show("linked", g.successful()))
        gevent.sleep(0)
        gevent.sleep(0)


def links_in_order(case):
    greenlet = gevent.spawn(body)
    for number in range(4):
        greenlet.rawlink(lambda _, n=number: case.show("link", n))
    greenlet.join()
    gevent.sleep(0)


def unlink(case):
    def told(_):
        case.show("told", True)

    greenlet = gevent.spawn(body)
    greenlet.link(told)
    greenlet.rawlink(told)
    greenlet.unlink(told)
    case.show("has", greenlet.has_links())
    greenlet.unlink(told)
    greenlet.unlink(told)
    case.show("has", greenlet.has_links())
    greenlet.link(told)
    greenlet.unlink_all()
    case.show("has", greenlet.has_links())
    greenlet.join()
    gevent.sleep(0)


@each(None, 1, "x")
def what_cannot_be_linked(case, thing):
    greenlet = Greenlet(body)
    for name in ("link", "link_value", "link_exception", "rawlink", "unlink"):
        case.named_call(name, getattr(greenlet, name), thing)


def link_to_an_async_result(case):
    for function in (body, fail):
        result = AsyncResult()
        gevent.spawn(function, 1).link(result)
        case.call(result.get)


def a_link_may_block(case):
    greenlet = gevent.spawn(body)
    greenlet.link(lambda _: (gevent.sleep(0.001), case.show("slept", True)))
    gevent.sleep(0.01)


@each(None, 0, 0.001, -1, "x", Timeout(0.001), Timeout(0.001, KeyError), 1e-9)
def join_with_a_timeout(case, timeout):
    case.call(gevent.spawn(body).join, timeout)
    greenlet = gevent.spawn(Event().wait, 0.02)
    case.call(greenlet.join, timeout)
    case.show("ready", greenlet.ready())


@each(None, 0, 0.001, -1, "x", Timeout(0.001), Timeout(0.001, KeyError))
def get_with_a_timeout(case, timeout):
    case.named_call("done", gevent.spawn(body).get, timeout=timeout)
    greenlet = gevent.spawn(Event().wait, 0.02)
    case.named_call("waits", greenlet.get, timeout=timeout)


def get_twice(case):
    for function in (body, fail):
        greenlet = gevent.spawn(function)
        case.call(greenlet.get)
        case.call(greenlet.get)
        case.call(greenlet.get, False)


def get_without_waiting(case):
    greenlet = gevent.spawn(body)
    case.call(greenlet.get, block=False)
    case.call(greenlet.get)


def get_its_own_end(case):
    def of_itself():
        case.call(gevent.getcurrent().get, timeout=0.001)
        case.call(gevent.getcurrent().join, 0.001)

    gevent.spawn(of_itself).join()


KILLS = (
    GreenletExit,
    GreenletExit("x"),
    KeyError,
    KeyError("k"),
    (KeyError, "k", None),
    (KeyError, KeyError("i"), None),
    Timeout,
)


@each(*KILLS)
def kill_before_it_ran(case, error):
    greenlet = gevent.spawn(body)
    case.call(greenlet.kill, error)
    states(case, greenlet)


@each(*KILLS)
def kill_while_it_waits(case, error):
    greenlet = gevent.spawn(Event().wait)
    gevent.sleep(0)
    case.call(greenlet.kill, error)
    states(case, greenlet)


@each(*KILLS)
def throw_while_it_waits(case, error):
    greenlet = gevent.spawn(Event().wait)
    gevent.sleep(0)
    case.call(greenlet.throw, *(error if isinstance(error, tuple) else (error,)))
    states(case, greenlet)


@each(*KILLS)
def throw_before_it_ran(case, error):
    for greenlet in (gevent.spawn(body, 1), Greenlet(body, 1)):
        case.call(greenlet.throw, *(error if isinstance(error, tuple) else (error,)))
        states(case, greenlet)
        gevent.sleep(0)


@each(*KILLS)
def kill_itself(case, error):
    def ends():
        gevent.getcurrent().kill(error)
        case.show("not reached", True)

    greenlet = gevent.spawn(ends)
    greenlet.join()
    states(case, greenlet)


@each(True, False)
def kill_twice(case, block):
    greenlet = gevent.spawn(Event().wait)
    gevent.sleep(0)
    case.call(greenlet.kill, block=block)
    case.call(greenlet.kill, KeyError, block=block)
    gevent.sleep(0)
    states(case, greenlet)


def kill_one_that_refuses(case):
    def refuses():
        try:
            gevent.sleep(5)
        except GreenletExit:
            gevent.sleep(0.005)
        return "refused"

    greenlet = gevent.spawn(refuses)
    gevent.sleep(0)
    case.call(greenlet.kill, timeout=0.001)
    case.show("dead", greenlet.dead)
    case.call(greenlet.get)


def kill_a_dead_one(case):
    greenlet = gevent.spawn(body)
    greenlet.join()
    case.call(greenlet.kill)
    case.call(greenlet.kill, KeyError)
    case.call(greenlet.throw, KeyError)
    states(case, greenlet)


def kill_one_that_is_to_start_later(case):
    greenlet = gevent.spawn_later(0.001, body)
    case.call(greenlet.kill)
    gevent.sleep(0.003)
    states(case, greenlet)


def start_twice(case):
    greenlet = Greenlet(lambda: case.show("runs", True))
    greenlet.start()
    greenlet.start()
    greenlet.start_later(0)
    greenlet.join()
    greenlet.start()
    gevent.sleep(0)


@each(0, 0.001, -1, "x", None, float("nan"))
def start_later(case, seconds):
    greenlet = Greenlet(body)
    case.call(greenlet.start_later, seconds)
    gevent.sleep(0.003)
    states(case, greenlet)


def started_later_runs_before_later_timers(case):
    gevent.spawn_later(0.001, case.show, "runs", 1)
    gevent.spawn_later(0.0011, case.show, "runs", 2)
    timer = gevent.get_hub().loop.timer(0.0012)
    timer.start(case.show, "timer", 3)
    gevent.sleep(0.004)
    timer.close()


@each("spawn", "spawn_later", "start")
def spawn_callbacks(case, how):
    def told(greenlet):
        case.show("spawned", greenlet)

    Greenlet.add_spawn_callback(told)
    Greenlet.add_spawn_callback(told)
    if how == "spawn":
        gevent.spawn(body).join()
    elif how == "spawn_later":
        gevent.spawn_later(0, body).join()
    else:
        greenlet = Greenlet(body)
        greenlet.start()
        greenlet.join()
    case.call(Greenlet.remove_spawn_callback, told)
    case.call(Greenlet.remove_spawn_callback, told)
    gevent.spawn(body).join()


def a_context_manager(case):
    with gevent.spawn(body, 1) as greenlet:
        case.show("inside", greenlet.ready())
    states(case, greenlet)


def a_context_manager_that_is_left_by_an_error(case):
    greenlet = gevent.spawn(Event().wait)
    gevent.sleep(0)

    def leave():
        with greenlet:
            raise KeyError("out")

    case.call(leave)
    states(case, greenlet)


def switch_from_main(case):
    greenlet = Greenlet(body, 1)
    case.call(greenlet.switch)
    states(case, greenlet)
    case.call(greenlet.switch)


def switch_to_one_that_waits(case):
    def waits():
        case.call(Event().wait)

    greenlet = gevent.spawn(waits)
    gevent.sleep(0)
    gevent.get_hub().loop.run_callback(greenlet.switch, "x")
    gevent.sleep(0)
    gevent.sleep(0)
    states(case, greenlet)


def run_is_called_by_hand(case):
    case.call(Greenlet(body, 1).run)


def weak_references_and_attributes(case):
    import weakref

    greenlet = Greenlet(body)
    case.show("weak", weakref.ref(greenlet)() is greenlet)
    greenlet.mine = 5
    case.attributes(greenlet, "mine", "nosuch", "__dict__")
    case.show("tree", sorted(greenlet.spawn_tree_locals))
    case.show("spawner", greenlet.spawning_greenlet() is gevent.getcurrent())


@each("joinall", "killall", "wait")
def helpers_of_nothing(case, name):
    for nothing in ([], (), iter(())):
        case.named_call(name, getattr(gevent, name), nothing)


@each(None, 0, 1, 2, 5, -1)
def joinall_with_a_count(case, count):
    greenlets = [gevent.spawn(gevent.sleep, n / 1000) for n in range(3)]
    done = gevent.joinall(greenlets, count=count)
    case.show("numbers", [greenlets.index(g) for g in done])


@each(True, False)
def joinall_that_raises(case, raise_error):
    greenlets = [gevent.spawn(body), gevent.spawn(fail), gevent.spawn(body)]
    case.call(lambda: len(gevent.joinall(greenlets, raise_error=raise_error)))


@each(None, 0, 0.001, Timeout(0.001), "x")
def joinall_with_a_timeout(case, timeout):
    greenlets = [gevent.spawn(body), gevent.spawn(gevent.sleep, 0.01)]
    case.call(lambda: len(gevent.joinall(greenlets, timeout=timeout)))


@each(True, False)
def killall(case, block):
    ran = gevent.spawn(Event().wait)
    gevent.sleep(0)
    greenlets = [ran, gevent.spawn(body), Greenlet(body), gevent.spawn_later(1, body)]
    case.call(gevent.killall, greenlets, KeyError, block=block)
    gevent.sleep(0)
    for greenlet in greenlets:
        states(case, greenlet)


def killall_of_one_that_refuses(case):
    def refuses():
        try:
            gevent.sleep(5)
        except GreenletExit:
            gevent.sleep(0.005)

    greenlet = gevent.spawn(refuses)
    gevent.sleep(0)
    case.call(gevent.killall, [greenlet], timeout=0.001)
    case.show("dead", greenlet.dead)


def killall_of_raw_greenlets(case):
    raw = gevent.spawn_raw(gevent.sleep, 5)
    gevent.sleep(0)
    case.call(gevent.killall, [raw])
    case.show("dead", raw.dead)


@each("greenlet", "callback", "timer")
def an_interrupt(case, where):
    def interrupt():
        raise KeyboardInterrupt("stop")

    if where == "greenlet":
        gevent.spawn(interrupt)
    elif where == "callback":
        gevent.get_hub().loop.run_callback(interrupt)
    else:
        timer = gevent.get_hub().loop.timer(0)
        timer.start(interrupt)
    case.call(gevent.sleep, 0.005)
    case.call(gevent.sleep, 0)
