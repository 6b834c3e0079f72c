"""The picture of hubs and greenlets: what is in it, and what taking it leaves alone."""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
from collections.abc import Callable

import pytest

import gevent
from gevent import socket
from gevent.event import Event
from gevent.greenlet import Greenlet
from gevent.hub import get_hub
from gevent.lock import RLock, Semaphore
from gevent.pool import Pool
from gevent.queue import Queue
from gevent.util import take_snapshot
from tests.support.virtual import VirtualLoop


class Shy:
    """Whatever it is asked for, it fails."""

    def __repr__(self) -> str:
        raise AssertionError("code of the program ran")

    __str__ = __repr__

    def rawlink(self, callback: object) -> None:
        pass

    def unlink(self, callback: object) -> None:
        pass


def picture_of(greenlet: object) -> dict[str, object]:
    address = f"0x{id(greenlet):x}"
    [found] = [each for each in take_snapshot()["greenlets"] if each["id"] == address]
    return dict(found)


def wait_of(greenlet: object) -> dict[str, object]:
    wait = picture_of(greenlet)["waits_for"]
    assert isinstance(wait, dict)
    return wait


def parked(function: Callable[..., object], *args: object) -> Greenlet:
    greenlet = gevent.spawn(function, *args)
    gevent.sleep(0)
    return greenlet


def test_it_is_made_of_what_json_has() -> None:
    waiting = parked(gevent.sleep, 10)
    assert json.loads(json.dumps(take_snapshot(with_stacks=True)))["gevent"]
    waiting.kill()


def test_the_caller_runs() -> None:
    assert picture_of(gevent.getcurrent())["state"] == "running"


def test_greenlets_have_their_states() -> None:
    new, starting = Greenlet(int), gevent.spawn(int)
    assert picture_of(new)["state"] == "new"
    assert picture_of(starting)["state"] == "starting"
    starting.join()
    waiting = parked(Event().wait)
    assert picture_of(waiting)["state"] == "waiting"
    waiting.kill(block=False)
    gevent.sleep(0)
    before = take_snapshot()["n_finished"]
    assert before >= 1
    address = f"0x{id(waiting):x}"
    assert address not in [each["id"] for each in take_snapshot()["greenlets"]]


def test_one_that_is_about_to_go_on_is_woken() -> None:
    event = Event()
    waiting = parked(event.wait)
    later = parked(gevent.sleep)
    assert picture_of(later)["state"] == "woken"
    event.set()
    gevent.joinall([waiting, later])


def test_a_greenlet_is_named_by_what_it_runs_until_it_has_a_name() -> None:
    def body() -> None:
        gevent.sleep(10)

    greenlet = parked(body)
    assert str(picture_of(greenlet)["name"]).endswith("<locals>.body")
    greenlet.name = "worker 7"
    assert picture_of(greenlet)["name"] == "worker 7"
    greenlet.kill()


def test_looking_gives_no_greenlet_a_number() -> None:
    greenlet = parked(gevent.sleep, 10)
    text = repr(greenlet)
    take_snapshot(with_stacks=True)
    assert repr(greenlet) == text
    greenlet.kill()


def test_the_place_of_the_spawn_and_the_spawner_are_told() -> None:
    greenlet = parked(gevent.sleep, 10)
    picture = picture_of(greenlet)
    assert picture["spawner"] == f"0x{id(gevent.getcurrent()):x}"
    assert "test_snapshot.py:" in str(picture["spawned_at"])
    assert str(picture["spawned_at"]).endswith("in parked")
    greenlet.kill()


def test_what_a_lock_waits_for_names_its_holder() -> None:
    lock = RLock()
    with lock:
        waiting = parked(lock.acquire)
        wait = wait_of(waiting)
        assert wait["kind"] == "RLock"
        assert wait["object"] == f"0x{id(lock):x}"
        assert wait["holders"] == [f"0x{id(gevent.getcurrent()):x}"]
    waiting.join()


@pytest.mark.parametrize(
    ("wait", "kind"),
    [
        (lambda: Event().wait(), "Event"),
        (lambda: Semaphore(0).acquire(), "Semaphore"),
        (lambda: Queue().get(), "JoinableQueue"),
        (lambda: gevent.sleep(10), "sleep"),
        (lambda: get_hub().switch(), None),
        (lambda: Greenlet(int).join(), "Greenlet"),
        (lambda: gevent.wait([Event(), Event()]), "several"),
        (lambda: get_hub().wait(get_hub().loop.timer(10)), "timer"),
    ],
)
def test_the_kind_of_what_is_waited_for_is_told(
    wait: Callable[[], object], kind: str | None
) -> None:
    greenlet = parked(wait)
    if kind is None:
        assert picture_of(greenlet)["state"] == "switched out"
    else:
        kinds = {kind, "Queue"} if kind == "JoinableQueue" else {kind}
        assert wait_of(greenlet)["kind"] in kinds
    greenlet.kill()


def test_a_wait_that_gives_up_says_when(virtual_loop: VirtualLoop) -> None:
    greenlet = parked(lambda: Event().wait(5))
    gevent.sleep(2)
    assert wait_of(greenlet)["seconds_left"] == pytest.approx(3)
    greenlet.kill()


def test_the_other_end_of_a_socket_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        reading = parked(server.recv, 1)
        host, port = client.getsockname()
        wait = wait_of(reading)
        assert wait["peer"] == f"{host}:{port}"
        assert wait["fd"] == server.fileno()
        listening = parked(listener.accept)
        assert "peer" not in wait_of(listening)
        gevent.killall([reading, listening])
        client.close()
        server.close()


def test_what_is_no_socket_has_no_other_end_and_stays_as_it_is() -> None:
    reader, writer = os.pipe()
    waiting = parked(socket.wait_read, reader)
    wait = wait_of(waiting)
    assert wait["fd"] == reader
    assert "peer" not in wait
    waiting.kill()
    os.close(reader)
    os.close(writer)


def test_members_of_a_full_pool_hold_who_waits_for_room() -> None:
    pool = Pool(1)
    member = pool.spawn(gevent.sleep, 10)
    waiting = parked(pool.spawn, int)
    assert wait_of(waiting)["holders"] == [f"0x{id(member):x}"]
    gevent.killall([waiting, member])


def test_no_code_of_the_program_runs() -> None:
    shy = Shy()
    greenlets = [
        parked(lambda *_: gevent.sleep(10), shy),
        parked(gevent.wait, [shy]),
        parked(gevent.wait, (shy, Event())),
    ]
    picture = take_snapshot(with_stacks=True)
    assert not [each for each in picture["greenlets"] if "Shy at" in str(each)[:5]]
    gevent.killall(greenlets)


def test_nothing_switches() -> None:
    waiting = parked(gevent.sleep, 0)
    loop = get_hub().loop
    before = loop.n_switches, loop.pendingcnt
    take_snapshot()
    assert (loop.n_switches, loop.pendingcnt) == before
    waiting.join()


@pytest.mark.parametrize("collects", [True, False])
def test_the_collector_is_left_as_it_was(collects: bool) -> None:
    was_on = gc.isenabled()
    try:
        (gc.enable if collects else gc.disable)()
        take_snapshot()
        assert gc.isenabled() is collects
    finally:
        (gc.enable if was_on else gc.disable)()


def test_stacks_begin_where_a_greenlet_stands() -> None:
    def inner() -> None:
        gevent.sleep(10)

    def outer() -> None:
        inner()

    greenlet = parked(outer)
    address = f"0x{id(greenlet):x}"
    picture = take_snapshot(with_stacks=True)
    [found] = [each for each in picture["greenlets"] if each["id"] == address]
    places = [line.rpartition(".")[2] for line in found["stack"] if "locals" in line]
    assert places[:2] == ["inner", "outer"]
    greenlet.kill()


def test_the_hub_is_described() -> None:
    hub = get_hub()
    hub.threadpool.spawn(int).get()  # type: ignore[attr-defined]  # a thread pool
    timer = hub.loop.timer(100)
    timer.start(int)
    [found] = [
        each for each in take_snapshot()["hubs"] if each["thread"] == hub.thread_ident
    ]
    timer.close()
    assert found["is_main"]
    assert found["thread_name"] == "MainThread"
    assert found["watchers"]["timer"] >= 1
    assert found["threadpool"] is not None
    assert found["threadpool"]["limit"] == 10
    assert found["threadpool"]["queued"] == 0
    assert found["lag"] >= 0


def test_dead_locks_are_in_it() -> None:
    first: list[Greenlet] = []
    one = gevent.spawn(lambda: first[1].join())
    other = gevent.spawn(lambda: first[0].join())
    first += [one, other]
    gevent.sleep(0)
    gevent.sleep(0)
    [found] = take_snapshot()["deadlocks"]
    assert {each["greenlet"] for each in found["circle"]} == {
        f"0x{id(one):x}",
        f"0x{id(other):x}",
    }
    gevent.killall([one, other])


def test_another_thread_may_take_it() -> None:
    waiting = parked(gevent.sleep, 10)
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(take_snapshot()))
    thread.start()
    thread.join()
    [picture] = found
    assert f"0x{id(waiting):x}" in str(picture)
    waiting.kill()


def test_a_frame_can_be_given_for_where_the_caller_stands() -> None:
    def inside() -> dict[str, object]:
        picture = take_snapshot(with_stacks=True, frame=sys._getframe(1))
        address = f"0x{id(gevent.getcurrent()):x}"
        [me] = [each for each in picture["greenlets"] if each["id"] == address]
        return dict(me)

    stack = inside()["stack"]
    assert isinstance(stack, list)
    assert stack[0].endswith("test_a_frame_can_be_given_for_where_the_caller_stands")
