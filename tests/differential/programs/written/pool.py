"""Programs about ``gevent.pool``."""

from __future__ import annotations

from differential import each

import gevent
from gevent.pool import Group, Pool, PoolFull

MODULE = "gevent.pool"

KINDS = {"Group": Group, "Pool": Pool, "Pool(2)": lambda: Pool(2)}


def double(number):
    return number * 2


@each(*KINDS)
def maps(case, kind):
    group = KINDS[kind]()
    case.call(group.map, double, [1, 2, 3])
    case.show("members", len(group))
    case.call(list, group.imap(double, [1, 2, 3]))
    case.call(sorted, group.imap_unordered(double, [1, 2, 3]))
    case.call(group.map, double, [])
    case.call(group.join)
    case.show("members", len(group))


@each(*KINDS)
def several_arguments(case, kind):
    group = KINDS[kind]()
    case.call(list, group.imap(pow, [2, 3], [3, 2, 1]))
    case.call(sorted, group.imap_unordered(pow, [2, 3], [3, 2, 1], maxsize=1))


@each(*KINDS)
def applies(case, kind):
    group = KINDS[kind]()
    log = []
    case.call(group.apply, double, (1,))
    case.call(group.apply, int, ("7",), {"base": 8})
    case.call(group.apply_cb, double, (2,), None, log.append)
    case.call(group.apply_async(double, (3,), callback=log.append).get)
    case.call(group.map_cb, double, [4], log.append)
    case.call(group.map_async(double, [5], log.append).get)
    gevent.sleep(0)
    gevent.sleep(0)
    case.show("callbacks", log)


@each(*KINDS)
def killed(case, kind):
    group = KINDS[kind]()
    members = [group.spawn(gevent.sleep, 5) for _ in range(2)]
    gevent.sleep(0)
    case.call(group.killone, members[0])
    case.show("members", len(group))
    case.call(group.kill)
    case.show("members", len(group))
    case.show("dead", [member.dead for member in members])


@each(*KINDS)
def members(case, kind):
    group = KINDS[kind]()
    member = group.spawn(gevent.sleep, 5)
    case.show("in", member in group)
    case.show("len", len(group))
    case.show("list", list(group) == [member])
    case.call(group.discard, member)
    case.show("in", member in group)
    case.call(group.discard, member)
    case.call(group.add, member)
    case.call(group.add, member)
    case.show("len", len(group))
    case.attributes(group, "full", "greenlet_class")
    member.kill()


@each(0, 1, None, -1, "x")
def a_pool_of(case, size):
    pool = case.call(Pool, size)
    if pool is not None:
        case.attributes(pool, "size", "free_count", "full")
        case.call(pool.wait_available, 0.001)


def a_full_pool(case):
    pool = Pool(1)
    pool.spawn(gevent.sleep, 5)
    case.attributes(pool, "free_count", "full")
    try:
        pool.add(gevent.Greenlet(), blocking=False)
    except PoolFull as error:
        case.show("error", (type(error), str(error), error.args))
    case.call(pool.start, gevent.Greenlet(), timeout=0.001)
    case.call(pool.wait_available, 0.001)
    case.call(pool.join, 0.001)
    pool.kill()
    case.call(pool.wait_available)


@each(False, True)
def joined_with_a_failure(case, raise_error):
    group = Group()
    gevent.get_hub().exception_stream = None
    group.spawn(int, "x")
    case.call(group.join, raise_error=raise_error)
    case.show("members", len(group))


@each("map", "imap", "imap_unordered")
def a_call_fails(case, name):
    gevent.get_hub().exception_stream = None
    case.call(lambda: list(getattr(Pool(2), name)(int, ["1", "x", "2"])))


@each("imap", "imap_unordered")
def nothing_to_iterate_over(case, name):
    case.call(getattr(Group(), name), double, None)


def the_results_of_imap_are_bounded(case):
    started = []
    results = Group().imap(started.append, range(5), maxsize=2)
    gevent.sleep(0.001)
    case.show("started", len(started))
    case.call(next, results)
    gevent.sleep(0.001)
    case.show("started", len(started))


def imap_fails_and_goes_on(case):
    gevent.get_hub().exception_stream = None
    results = Group().imap(int, ["1", "x", "2"])
    for _ in range(4):
        case.call(next, results)


def group_of_an_iterable(case):
    greenlets = [gevent.spawn(double, number) for number in range(2)]
    group = Group(greenlets)
    case.show("len", len(group))
    case.call(group.join)
    case.show("len", len(group))
    case.call(Group, 1)
    case.call(Group, [], [])


def apply_in_a_member_is_direct(case):
    pool = Pool(1)
    case.call(pool.spawn(lambda: pool.apply(double, (4,))).get)


def a_member_that_has_started_twice(case):
    group = Group()
    greenlet = gevent.Greenlet(double, 2)
    case.call(group.start, greenlet)
    case.call(group.start, greenlet)
    case.call(greenlet.get)
    case.show("len", len(group))
