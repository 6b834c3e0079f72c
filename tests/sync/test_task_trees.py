"""Random trees of groups, scopes, shields, kills, time-outs and failures, by seed.

Each tree is a program that notes what it sees. What must hold of all of them: nobody
outlives its group, each failure is raised or reported exactly once, nobody waits for
ever, no wait in a cancelled scope completes, and each scope says the truth about what
it caught.
"""

from __future__ import annotations

import os
from collections import Counter
from math import inf
from random import Random

import pytest

import gevent
from gevent import Cancelled, CancelScope, Greenlet, GreenletExit, TaskGroup, Timeout
from gevent.hub import Hub, get_hub
from gevent.lock import Semaphore
from gevent.queue import Queue

pytestmark = [pytest.mark.pure, pytest.mark.usefixtures("virtual_loop")]

N_TREES = int(os.environ.get("GEVENT_TREES", "200"))
FIRST = int(os.environ.get("GEVENT_FIRST_TREE", "0"))
DEEPEST = 4
MOST_STEPS = 40


class Fault(Exception):
    """What fails in a tree; each has a number."""


class Tree:
    """One program: it draws what it does while it does it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.greenlets: list[Greenlet] = []
        self.scopes: list[CancelScope] = []
        self.raised: list[Fault] = []
        # Replaced by what interrupted a cleanup, as in any `finally`.
        self.replaced: set[Fault] = set()
        self.reports: list[BaseException] = []
        self.wrongs: list[str] = []
        self.n_left = MOST_STEPS
        self.n_taken = self.n_put = 0
        self.queue: Queue[int] = Queue()
        self.lock = Semaphore()

    def demand(self, condition: bool, what: str) -> None:
        if not condition:
            self.wrongs.append(what)

    # -- the program ------------------------------------------------------------------

    def run(self) -> BaseException | None:
        """Run it in the current greenlet; return what came out."""
        n_killers = self.random.choice([0, 0, 1, 2, 4])
        helpers = [
            gevent.spawn_later(self.random.randrange(6) / 2, self.meddle)
            for _ in range(n_killers)
        ]
        error: BaseException | None = None
        try:
            self.body(0, [], False)
        except BaseException as caught:
            error = caught
        gevent.joinall(helpers)
        return error

    def meddle(self) -> None:
        """From outside: kill or cancel anybody."""
        living = [each for each in self.greenlets if not each.dead]
        act = self.random.choice(["kill", "cancel", "scope", "shield", "put"])
        if act == "kill" and living:
            self.random.choice(living).kill(block=False)
        elif act == "cancel" and living:
            self.random.choice(living).cancel("meddled")
        elif act == "scope" and self.scopes:
            self.random.choice(self.scopes).cancel("meddled")
        elif act == "shield" and self.scopes:
            scope = self.random.choice(self.scopes)
            scope.shield = not scope.shield
        else:
            self.n_put += 1
            self.queue.put(1)

    def body(self, depth: int, chain: list[CancelScope], cleans: bool) -> None:
        """Some steps, one after the other."""
        for _ in range(self.random.randrange(1, 4)):
            self.n_left -= 1
            kinds = ["sleep", "sleep", "lock", "get", "cancel", "fail"]
            if self.n_left > 0 and depth < DEEPEST:
                kinds += ["scope", "scope", "group", "group", "group"]
                kinds += ["swallow", "cleanup", "cleanup", "timeout"]
            kind = self.random.choice(kinds)
            getattr(self, "do_" + kind)(depth, chain, cleans)

    def is_due(self, chain: list[CancelScope]) -> bool:
        for scope in reversed(chain):
            if scope.cancel_called:
                return True
            if scope.shield:
                break
        return False

    def wait(self, chain: list[CancelScope], cleans: bool, seconds: float) -> None:
        is_due = not cleans and self.is_due(chain)
        gevent.sleep(seconds)
        # A shield may have been put up meanwhile.
        is_due = is_due and self.is_due(chain)
        self.demand(not is_due, "a wait in a cancelled scope completed")

    def do_sleep(self, depth: int, chain: list[CancelScope], cleans: bool) -> None:
        self.wait(chain, cleans, self.random.choice([0, 0.5, 0.5, 1, 1, 2]))

    def do_lock(self, depth: int, chain: list[CancelScope], cleans: bool) -> None:
        with self.lock:
            self.wait(chain, cleans, 0.5)

    def do_get(self, depth: int, chain: list[CancelScope], cleans: bool) -> None:
        with Timeout(1, False):
            self.queue.get()
            self.n_taken += 1

    def do_cancel(self, depth: int, chain: list[CancelScope], cleans: bool) -> None:
        if chain:
            self.random.choice(chain).cancel("by a member")

    def do_fail(self, depth: int, chain: list[CancelScope], cleans: bool) -> None:
        if self.random.random() < 0.5:
            fault = Fault(len(self.raised))
            self.raised.append(fault)
            raise fault

    def do_swallow(self, depth: int, chain: list[CancelScope], cleans: bool) -> None:
        try:
            self.body(depth + 1, chain, cleans)
        except Cancelled:
            pass

    def do_cleanup(self, depth: int, chain: list[CancelScope], cleans: bool) -> None:
        try:
            self.body(depth + 1, chain, cleans)
        except BaseException as error:
            try:
                gevent.sleep(0.5)
                if self.random.random() < 0.3:
                    self.do_scope(DEEPEST, chain, True)
            except BaseException:
                self.replaced.update(faults_in(error))
                raise
            raise

    def do_timeout(self, depth: int, chain: list[CancelScope], cleans: bool) -> None:
        with Timeout(self.random.choice([0.5, 1, 1.5]), False):
            self.body(depth + 1, chain, cleans)

    def do_scope(self, depth: int, chain: list[CancelScope], cleans: bool) -> None:
        scope = CancelScope(
            self.random.choice([None, 0, 0.5, 1, 2]),
            shield=self.random.random() < 0.2,
            cleanup_timeout=self.random.choice([None, 0, 1]),
        )
        self.scopes.append(scope)
        seen: BaseException | None = None
        inside = [*chain, scope]
        try:
            with scope:
                try:
                    # Who is in it is not excused by what was handled before.
                    self.body(depth + 1, inside, cleans and not scope.shield)
                except BaseException as error:
                    seen = error
                    raise
        except BaseException as error:
            if isinstance(error, Cancelled):
                self.demand(error.scope is not scope, "a scope let its own pass")
                self.demand_due(error)
            self.demand(not scope.cancelled_caught, "caught, and it was raised")
            raise
        finally:
            self.demand_sane(scope)
        if seen is not None:
            self.demand(scope.cancelled_caught, "it took what it did not say")
            self.demand(
                isinstance(seen, Cancelled) and seen.scope is scope,
                f"a scope took {seen!r}",
            )

    def demand_due(self, error: Cancelled) -> None:
        scope = error.scope
        self.demand(
            isinstance(scope, CancelScope) and scope.cancel_called, "a cancel of nobody"
        )
        self.demand(" open" in repr(scope), "a cancel for what has been left")

    def demand_sane(self, scope: CancelScope) -> None:
        if scope.expired:
            self.demand(scope.cancel_called, "expired and not cancelled")
            self.demand(scope.deadline <= get_hub().loop.now(), "expired too early")
        if scope.cancelled_caught:
            self.demand(scope.cancel_called, "caught and not cancelled")

    def do_group(self, depth: int, chain: list[CancelScope], cleans: bool) -> None:
        group = TaskGroup(
            self.random.choice([None, None, 1, 2]),
            on_failure=self.random.choice(["cancel", "cancel", "collect", "report"]),
            cleanup_timeout=self.random.choice([None, 0, 1]),
        )
        self.scopes.append(group.scope)
        inside = [*chain, group.scope]
        members: list[Greenlet] = []
        try:
            with group:
                for _ in range(self.random.randrange(4)):
                    spawn = self.random.choice(
                        [group.spawn, group.spawn, group.spawn_service]
                    )
                    members.append(spawn(self.body, depth + 1, inside, False))
                    self.greenlets.append(members[-1])
                if self.random.random() < 0.7:
                    self.body(depth + 1, inside, cleans)
        except Cancelled as error:
            self.demand(error.scope is not group.scope, "a group let its own pass")
            self.demand_due(error)
            raise
        except BaseExceptionGroup as error:
            self.demand(error.subgroup(Cancelled) is None, "a cancel in a group")
            raise
        finally:
            self.demand(all(each.dead for each in members), "an orphan")
            self.demand(len(group) == 0, "a member of a group that has ended")
            self.demand_sane(group.scope)


def faults_in(error: BaseException | None) -> list[Fault]:
    """The faults of which an exception tells."""
    if isinstance(error, BaseExceptionGroup):
        return [fault for each in error.exceptions for fault in faults_in(each)]
    return [error] if isinstance(error, Fault) else []


def check(seed: int) -> list[str]:
    """Run one tree; return what was wrong."""
    tree = Tree(seed)

    def handle_error(
        _hub: Hub, _context: object, _kind: object, value: BaseException, _: object
    ) -> None:
        tree.reports.append(value)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Hub, "handle_error", handle_error)
        runner = gevent.spawn(tree.run)
        came_out = runner.get()
        gevent.idle(-2)
    tree.demand(
        came_out is None
        or isinstance(came_out, Fault | BaseExceptionGroup | GreenletExit),
        f"{came_out!r} came out",
    )
    told = Counter(faults_in(came_out))
    for report in tree.reports:
        told.update(faults_in(report))
    for fault in tree.raised:
        tree.demand(
            told[fault] == 1 or (fault in tree.replaced and told[fault] == 0),
            f"{fault!r} was told {told[fault]} times",
        )
    tree.demand(tree.lock.counter == 1, "a permit was lost")
    tree.demand(tree.n_taken + len(tree.queue) == tree.n_put, "an item was lost")
    tree.demand(all(each.dead for each in tree.greenlets), "somebody lives")
    return tree.wrongs


def test_trees(virtual_loop: object) -> None:
    for seed in range(FIRST, FIRST + N_TREES):
        wrongs = check(seed)
        assert not wrongs, f"tree {seed}: {wrongs}"
    assert inf > get_hub().loop.now()
