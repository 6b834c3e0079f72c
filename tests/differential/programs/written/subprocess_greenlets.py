"""Programs about ``gevent.subprocess`` and greenlets, timeouts, links, the hub."""

from __future__ import annotations

from differential import each

import gevent
from gevent import subprocess
from gevent.subprocess import PIPE, Popen

MODULE = "gevent.subprocess"
TWIN = None

READ = ["sh", "-c", "read x; echo $x; exit 3"]


@each("wait", "communicate")
def killed_while_it_waits(case, name):
    process = Popen(READ, stdin=PIPE, stdout=PIPE)
    waiting = gevent.spawn(getattr(process, name))
    gevent.sleep(0)
    waiting.kill()
    case.show("value", waiting.value)
    case.show("poll", process.poll())
    process.kill()
    case.call(process.wait)


@each("call", "check_call", "check_output", "run")
def killed_in(case, name):
    waiting = gevent.spawn(getattr(subprocess, name), ["sleep", "100"])
    gevent.sleep(0.02)
    waiting.kill(timeout=2)
    case.show("value", waiting.value)


@each("call", "check_call", "check_output", "run")
def timeout_around(case, name):
    with gevent.Timeout(0.01, False):
        getattr(subprocess, name)(["sleep", "100"])
    case.show("done", True)


@each("wait", "communicate")
def timeout_around_waiting(case, name):
    process = Popen(READ, stdin=PIPE, stdout=PIPE)
    with gevent.Timeout(0.01, False):
        getattr(process, name)()
    case.show("poll", process.poll())
    process.kill()
    case.call(process.wait)


def linked(case):
    process = Popen(["sh", "-c", "exit 3"])
    told = []
    process.rawlink(lambda it: told.append(it is process))
    case.named_call("wait", gevent.wait, [process], timeout=5, count=1)
    gevent.sleep(0)
    case.show("told", told)
    process.rawlink(lambda it: told.append("late"))
    gevent.sleep(0)
    gevent.sleep(0)
    case.show("told", told)


def unlinked(case):
    process = Popen(["true"])
    told = []

    def link(it):
        told.append(it)

    process.rawlink(link)
    case.call(process.unlink, link)
    case.call(process.unlink, link)
    process.wait()
    gevent.sleep(0)
    case.show("told", told)
    case.call(process.rawlink, 5)


def result(case):
    process = Popen(["sh", "-c", "exit 3"])
    case.show("ready", process.result.ready())
    case.call(process.result.get)
    case.show("successful", process.result.successful())
    case.attributes(process, "returncode")


def waited_for_by_iwait(case):
    processes = [Popen(["true"]), Popen(["true"])]
    case.show("n", len(list(gevent.iwait(processes, timeout=5))))
    case.show("codes", [each_one.returncode for each_one in processes])


def others_run_meanwhile(case):
    seen = []
    process = Popen(READ, stdin=PIPE, stdout=PIPE)

    def feed():
        seen.append("fed")
        process.stdin.write(b"line\n")
        process.stdin.flush()

    gevent.spawn(feed)
    case.call(process.stdout.readline)
    case.show("seen", seen)
    process.communicate()
    case.show("code", process.returncode)


def closed_while_it_is_read(case):
    process = Popen(READ, stdin=PIPE, stdout=PIPE, bufsize=0)
    reading = gevent.spawn(case.named_call, "read", process.stdout.read, 10)
    gevent.sleep(0)
    case.call(process.stdout.close)
    reading.join(1)
    case.show("ready", reading.ready())
    process.kill()
    process.wait()
    process.stdin.close()


@each("threadpool", None)
def threadpool_argument(case, value):
    case.call(lambda: Popen(["true"], threadpool=value).wait())


def reprs(case):
    process = Popen(["sh", "-c", "exit 3"])
    case.show("running", process)
    process.wait()
    case.show("ended", process)

    class Mine(Popen):
        pass

    made = Mine(["true"])
    made.wait()
    case.show("subclass", made)
    try:
        Popen(["/missing"])
    except OSError as error:
        case.show("error", error)


def pipe_cloexec(case):
    import os

    process = Popen(["true"])
    r, w = process.pipe_cloexec()
    case.show("inheritable", (os.get_inheritable(r), os.get_inheritable(w)))
    os.close(r)
    os.close(w)
    process.wait()


def in_the_threadpool(case):
    pool = gevent.get_hub().threadpool
    case.call(pool.apply, subprocess.call, (["sh", "-c", "exit 3"],))
    case.call(pool.apply, subprocess.check_output, (["echo", "x"],))


def waited_for_in_another_thread(case):
    process = Popen(["sh", "-c", "read x; exit 3"], stdin=PIPE)
    waiting = gevent.get_hub().threadpool.spawn(process.wait)
    gevent.sleep(0.01)
    process.stdin.close()
    case.call(waiting.get, timeout=3)
    case.call(process.wait, timeout=3)


@each("poll", "wait", "communicate")
def with_a_callback_of_the_loop(case, name):
    process = Popen(["true"])
    process.wait()
    seen = []
    gevent.get_hub().loop.run_callback(lambda: seen.append(getattr(process, name)()))
    gevent.sleep(0)
    gevent.sleep(0)
    case.show("seen", seen)


def two_communicate(case):
    process = Popen(["cat"], stdin=PIPE, stdout=PIPE)
    first = gevent.spawn(process.communicate, b"data")
    first.join(3)
    case.show("first", first.value)
    second = gevent.spawn(process.communicate)
    second.join(3)
    case.show("second", second.value)


def one_reads_the_other_waits(case):
    process = Popen(["sh", "-c", "echo a; echo b; exit 3"], stdout=PIPE, text=True)
    reading = gevent.spawn(lambda: list(process.stdout))
    case.call(process.wait)
    case.call(reading.get, timeout=3)
    process.stdout.close()
