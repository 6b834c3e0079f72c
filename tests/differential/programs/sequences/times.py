"""Random operations on time-outs and watchers."""

from __future__ import annotations

from differential import sequence

import gevent
from gevent import Timeout

MODULE = "gevent.timeout"


class PlayTimeout:
    """Operations on numbered time-outs of the main greenlet."""

    def __init__(self, case):
        self.case = case
        self.timeouts = []

    def make(self, seconds, exception):
        error = {"own": None, "silent": False, "error": KeyError("k")}[exception]
        self.timeouts.append(Timeout(seconds, error))

    def _of(self, number):
        return self.timeouts[number] if number < len(self.timeouts) else None

    def start(self, number):
        timeout = self._of(number)
        if timeout is not None:
            timeout.start()

    def cancel(self, number):
        timeout = self._of(number)
        if timeout is not None:
            timeout.cancel()

    def close(self, number):
        timeout = self._of(number)
        if timeout is not None:
            timeout.close()

    def looks(self, number):
        timeout = self._of(number)
        return timeout and (timeout.pending, timeout.seconds, str(timeout))

    def within(self, number):
        timeout = self._of(number)
        if timeout is not None:
            with timeout:
                gevent.sleep(0.005)

    def pause(self):
        gevent.sleep(0.003)

    def start_new(self, number):
        timeout = self._of(number)
        if timeout is not None:
            Timeout.start_new(timeout)


NUMBERS = [0, 1]


@sequence(
    make=[[0.001, 3, None, 0], ["own", "silent", "error"]],
    start=[NUMBERS],
    start_new=[NUMBERS],
    cancel=[NUMBERS],
    close=[NUMBERS],
    looks=[NUMBERS],
    within=[NUMBERS],
    pause=[],
)
def timeouts(case, operations):
    play = PlayTimeout(case)
    for operation in operations:
        name, *arguments = operation
        case.named_call(str(operation), getattr(play, name), *arguments)
    for timeout in play.timeouts:
        timeout.close()


class PlayWatcher:
    """Operations on numbered watchers of one loop."""

    def __init__(self, case):
        self.case = case
        self.loop = gevent.get_hub().loop
        self.watchers = []

    def timer(self, after, repeat):
        self.watchers.append(self.loop.timer(after, repeat))

    def idle(self):
        self.watchers.append(self.loop.idle())

    def prepare(self):
        self.watchers.append(self.loop.prepare(ref=False))

    def asynchronous(self):
        self.watchers.append(self.loop.async_())

    def _of(self, number):
        return self.watchers[number] if number < len(self.watchers) else None

    def start(self, number):
        watcher = self._of(number)
        if watcher is not None:
            watcher.start(self._fire, number)

    def _fire(self, number):
        watcher = self.watchers[number]
        self.case.show(f"{number} fires", watcher.active)
        # Else those of idle, prepare and repeat fire for ever.
        watcher.stop()

    def stop(self, number):
        watcher = self._of(number)
        if watcher is not None:
            watcher.stop()

    def close(self, number):
        watcher = self._of(number)
        if watcher is not None:
            watcher.close()

    def looks(self, number):
        watcher = self._of(number)
        return watcher and (
            watcher.active,
            watcher.pending,
            watcher.ref,
            watcher.callback is None,
            watcher.args,
        )

    def ref(self, number, value):
        watcher = self._of(number)
        if watcher is not None:
            watcher.ref = value

    def send(self, number):
        watcher = self._of(number)
        if watcher is not None and hasattr(watcher, "send"):
            watcher.send()

    def again(self, number):
        watcher = self._of(number)
        if watcher is not None and hasattr(watcher, "again"):
            watcher.again(self._fire, number)

    def callback(self):
        self.loop.run_callback(self.case.show, "callback", True)

    def pause(self):
        gevent.sleep(0.003)


@sequence(
    timer=[[0.001, 0, 3], [0, 0.001]],
    idle=[],
    prepare=[],
    asynchronous=[],
    start=[NUMBERS],
    stop=[NUMBERS],
    close=[NUMBERS],
    looks=[NUMBERS],
    ref=[NUMBERS, [True, False]],
    send=[NUMBERS],
    again=[NUMBERS],
    callback=[],
    pause=[],
)
def watchers(case, operations):
    play = PlayWatcher(case)
    for operation in operations:
        name, *arguments = operation
        case.named_call(str(operation), getattr(play, name), *arguments)
    for watcher in play.watchers:
        watcher.close()
