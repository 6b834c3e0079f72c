"""Random operations on greenlets, groups and pools."""

from __future__ import annotations

from differential import sequence

import gevent
from gevent.event import Event
from gevent.pool import Group, Pool

MODULE = "gevent.greenlet"

LONG = 3.0


class Play:
    """Starts and ends greenlets; they are numbered."""

    def __init__(self, case):
        self.case = case
        self.greenlets = []
        self.gate = Event()

    def perform(self, operations):
        for operation in operations:
            name, *arguments = operation
            self.case.named_call(str(operation), getattr(self, name), *arguments)
        gevent.sleep(0)
        gevent.sleep(0)
        for number, greenlet in enumerate(self.greenlets):
            states = ("dead", "started", "value", "exception")
            self.case.show(
                f"greenlet {number}", [getattr(greenlet, name) for name in states]
            )
            self.case.show("ready", (greenlet.ready(), greenlet.successful()))
        self.gate.set()
        gevent.joinall(self.greenlets, timeout=LONG)

    def _body(self, number, kind):
        self.case.show(f"{number} runs", kind)
        if kind == "waits":
            self.gate.wait(LONG)
        elif kind == "fails":
            raise KeyError(number)
        elif kind == "refuses":
            try:
                self.gate.wait(LONG)
            except BaseException as error:
                self.case.show(f"{number} refuses", error)
                self.gate.wait(LONG)
        elif kind == "exits":
            raise gevent.GreenletExit(number)
        elif kind == "sleeps":
            gevent.sleep(0)
        return kind

    def spawn(self, kind):
        self._add(gevent.spawn(self._body, len(self.greenlets), kind))

    def later(self, kind):
        number = len(self.greenlets)
        self._add(gevent.spawn_later(0.001, self._body, number, kind))

    def _add(self, greenlet):
        # Not reprs on standard error: their text is another matter.
        number = len(self.greenlets)
        greenlet.rawlink(lambda g: self._tell(number, g))
        self.greenlets.append(greenlet)

    def _tell(self, number, greenlet):
        self.case.show(f"{number} ended", greenlet.successful())

    def _of(self, number):
        return self.greenlets[number] if number < len(self.greenlets) else None

    def kill(self, number, block):
        greenlet = self._of(number)
        if greenlet is not None:
            greenlet.kill(block=block, timeout=0.001)

    def kill_with_error(self, number):
        greenlet = self._of(number)
        if greenlet is not None:
            greenlet.kill(ValueError, block=False)

    def throw(self, number):
        greenlet = self._of(number)
        if greenlet is not None:
            greenlet.throw(LookupError("thrown"))

    def link(self, number):
        greenlet = self._of(number)
        if greenlet is not None:
            greenlet.link(lambda g: self.case.show(f"link of {number}", g.value))

    def link_exception(self, number):
        greenlet = self._of(number)
        if greenlet is not None:
            greenlet.link_exception(
                lambda g: self.case.show(f"failure of {number}", g.exception)
            )

    def join(self, number):
        greenlet = self._of(number)
        if greenlet is not None:
            greenlet.join(0.001)
            return greenlet.ready()
        return None

    def get(self, number):
        greenlet = self._of(number)
        return None if greenlet is None else greenlet.get(timeout=0.001)

    def open(self):
        self.gate.set()

    def run(self):
        gevent.sleep(0)

    def pause(self):
        gevent.sleep(0.003)


KINDS = ["returns", "waits", "fails", "refuses", "exits", "sleeps"]
NUMBERS = [0, 1, 2]


@sequence(
    spawn=[KINDS],
    later=[KINDS],
    kill=[NUMBERS, [True, False]],
    kill_with_error=[NUMBERS],
    throw=[NUMBERS],
    link=[NUMBERS],
    link_exception=[NUMBERS],
    join=[NUMBERS],
    get=[NUMBERS],
    open=[],
    run=[],
    pause=[],
)
def greenlets(case, operations):
    Play(case).perform(operations)


class PlayGroup(Play):
    """The same, as members of a group."""

    def __init__(self, case, group):
        Play.__init__(self, case)
        self.group = group

    def spawn(self, kind):
        if self.group.full():
            return "full"
        self._add(self.group.spawn(self._body, len(self.greenlets), kind))
        return len(self.group)

    def killone(self, number):
        greenlet = self._of(number)
        if greenlet is not None:
            self.group.killone(greenlet, block=False)

    def kill_all(self, block):
        self.group.kill(block=block, timeout=0.001)

    def discard(self, number):
        greenlet = self._of(number)
        if greenlet is not None:
            self.group.discard(greenlet)

    def join_all(self):
        self.group.join(0.001)
        return len(self.group)

    def looks(self):
        return (
            len(self.group),
            self.group.full(),
            [g in self.group for g in self.greenlets],
        )

    def maps(self):
        return (
            self.group.map(lambda number: number * 2, [1, 2, 3])
            if not len(self.group)
            else None
        )

    def unordered(self):
        if len(self.group):
            return None
        return sorted(self.group.imap_unordered(abs, [-1, -2, 3]))


OF_GROUPS = {
    "spawn": [KINDS],
    "kill": [NUMBERS, [False]],
    "killone": [NUMBERS],
    "kill_all": [[True, False]],
    "discard": [NUMBERS],
    "join_all": [],
    "looks": [],
    "maps": [],
    "unordered": [],
    "open": [],
    "run": [],
    "pause": [],
}


@sequence(**OF_GROUPS)
def group(case, operations):
    PlayGroup(case, Group()).perform(operations)


@sequence(**OF_GROUPS)
def pool_of_two(case, operations):
    PlayGroup(case, Pool(2)).perform(operations)
