"""Programs about ``gevent.signal``."""

from __future__ import annotations

import os
import signal as stdlib
import socket

from differential import each

MODULE = "gevent.signal"
TWIN = "signal"

NAMES = ("SIGCHLD", "SIGUSR1", "SIGALRM", "SIGINT", "SIGHUP")


def _handler(number, frame):
    """Does nothing."""


@each(*NAMES)
def handlers(case, name):
    module, number = case.module, getattr(stdlib, name)
    case.call(module.getsignal, number)
    case.named_call("first", module.signal, number, _handler)
    case.show("is ours", module.getsignal(number) is _handler)
    case.show("before", module.signal(number, stdlib.SIG_IGN) is _handler)
    case.call(module.getsignal, number)
    case.call(module.signal, number, stdlib.SIG_DFL)
    case.call(module.getsignal, int(number))


@each("x", None, 5, 1.5, "SIG_IGN", [])
def odd_handler(case, handler):
    for name in ("SIGCHLD", "SIGUSR1"):
        case.call(case.module.signal, getattr(stdlib, name), handler)
        case.call(case.module.getsignal, getattr(stdlib, name))


@each(0, 1, -1, 64, 65, 1000, 9, 19, "x", None, 17.0, 2**70)
def odd_number(case, number):
    case.call(case.module.getsignal, number)
    if number != 1:
        case.call(case.module.signal, number, stdlib.SIG_IGN)


def odd_calls(case):
    case.call(case.module.signal)
    case.call(case.module.signal, 10)
    case.call(case.module.getsignal)
    case.call(case.module.signal, 10, _handler, 1)


@each("SIGUSR1", "SIGHUP", "SIGALRM")
def delivered(case, name):
    seen = []
    number = getattr(stdlib, name)
    case.module.signal(number, lambda n, frame: seen.append((n, frame is not None)))
    os.kill(os.getpid(), number)
    case.sleep(0)
    case.show("seen", seen)


def handler_that_fails(case):
    def fail(number, frame):
        raise KeyError(number)

    case.module.signal(stdlib.SIGUSR1, fail)
    case.call(lambda: (os.kill(os.getpid(), stdlib.SIGUSR1), case.sleep(0.01)))


def sigchld(case):
    import subprocess

    seen = []
    case.module.signal(stdlib.SIGCHLD, lambda number, frame: seen.append(number))
    case.show("code", subprocess.call(["sh", "-c", "exit 3"]))
    case.sleep(0.01)
    case.show("seen", seen)
    case.module.signal(stdlib.SIGCHLD, stdlib.SIG_DFL)


@each("SIG_IGN", "SIG_DFL")
def sigchld_with(case, name):
    action = getattr(stdlib, name)
    case.call(case.module.signal, stdlib.SIGCHLD, action)
    case.call(case.module.getsignal, stdlib.SIGCHLD)
    case.call(case.module.signal, stdlib.SIGCHLD, action)


def in_another_thread(case):
    import _thread

    lock = _thread.allocate_lock()
    lock.acquire()
    seen = []

    def run():
        for number in (stdlib.SIGUSR1, stdlib.SIGCHLD):
            try:
                case.module.signal(number, stdlib.SIG_DFL)
            except ValueError as error:
                seen.append(str(error))
            seen.append(case.module.getsignal(number) == stdlib.SIG_DFL)
        lock.release()

    _thread.start_new_thread(run, ())
    lock.acquire()
    case.show("seen", seen)


def alarm(case):
    module = case.module
    case.call(module.alarm, 100)
    case.call(module.alarm, 0)
    case.call(module.alarm, 0)
    case.call(module.getitimer, module.ITIMER_REAL)


def itimer(case):
    module, seen = case.module, []
    module.signal(stdlib.SIGALRM, lambda number, frame: seen.append(number))
    case.call(module.setitimer, module.ITIMER_REAL, 0.01)
    while not seen:
        case.sleep(0.005)
    case.show("seen", seen)
    case.call(module.getitimer, module.ITIMER_REAL)
    case.call(module.setitimer, module.ITIMER_REAL, -1)
    case.call(module.setitimer, 99, 1)


def waited_for(case):
    module = case.module
    numbers = [stdlib.SIGUSR1, stdlib.SIGUSR2]
    case.show("mask", module.pthread_sigmask(stdlib.SIG_BLOCK, numbers))
    os.kill(os.getpid(), stdlib.SIGUSR1)
    case.call(module.sigpending)
    case.call(module.sigwait, numbers)
    case.call(module.sigtimedwait, numbers, 0)
    os.kill(os.getpid(), stdlib.SIGUSR2)
    case.show("info", module.sigwaitinfo(numbers).si_signo)
    case.call(module.pthread_sigmask, stdlib.SIG_SETMASK, [])


@each(-1, "x", 10**6, None)
def wakeup_fd(case, number):
    case.call(case.module.set_wakeup_fd, number)
    case.call(case.module.set_wakeup_fd, -1)


@each("SIGUSR1", "SIGCHLD")
def wakeup_fd_gets_bytes(case, name):
    a, b = socket.socketpair()
    a.setblocking(False)
    b.setblocking(False)
    number = getattr(stdlib, name)
    case.module.signal(number, _handler)
    case.show("before", case.module.set_wakeup_fd(b.fileno()))
    case.show("again", case.module.set_wakeup_fd(b.fileno()) == b.fileno())
    os.kill(os.getpid(), number)
    case.sleep(0.01)
    case.show("bytes", a.recv(10))
    case.show("after", case.module.set_wakeup_fd(-1) == b.fileno())
    case.show("after", case.module.set_wakeup_fd(-1))
    case.module.signal(number, stdlib.SIG_DFL)
    a.close()
    b.close()


def wakeup_fd_that_blocks(case):
    a, b = socket.socketpair()
    os.set_blocking(a.fileno(), True)
    try:
        case.module.set_wakeup_fd(a.fileno())
    except ValueError as error:
        case.show("raised", str(error).replace(str(a.fileno()), "N"))
    a.close()
    b.close()


def siginterrupt(case):
    case.call(case.module.siginterrupt, stdlib.SIGUSR1, False)
    case.call(case.module.siginterrupt, stdlib.SIGUSR1, True)
    case.call(case.module.siginterrupt, 0, True)


@each("Signals", "Handlers", "Sigmasks", "SIG_DFL", "SIGCHLD", "default_int_handler")
def name(case, name):
    value = getattr(case.module, name, "missing")
    case.show(name, value)
    case.show("same", value is getattr(stdlib, name))


def strings(case):
    case.call(case.module.strsignal, stdlib.SIGUSR1)
    case.call(case.module.strsignal, 1000)
    case.show("n", len(case.module.valid_signals()) > 30)
    case.call(case.module.raise_signal, 0)
