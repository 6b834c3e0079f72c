"""Programs that use processes and signals after patching."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

from differential import each, limit

MODULE = "gevent.monkey"
PATCHED = True

METHODS = ("fork", "spawn")
SHELL = "/bin/sh"


def _double(x):
    return 2 * x


def _fail(x):
    raise KeyError(x)


def _send(connection, x):
    connection.send(x)
    connection.close()


def _put(queue, x):
    queue.put(x)


def _exit(x):
    sys.exit(x)


def _context(method):
    import multiprocessing

    return multiprocessing.get_context(method)


# -- os --------------------------------------------------------------------------------


def fork_and_wait(case):
    for code in (0, 3):
        pid = os.fork()
        if not pid:
            os._exit(code)
        case.show("waited", os.waitpid(pid, 0) == (pid, code << 8))
    case.call(os.wait)
    case.call(os.waitpid, -1, os.WNOHANG)


@each("wait", "wait3", "wait4", "waitpid", "waitid")
def waits_of(case, name):
    pid = os.fork()
    if not pid:
        os._exit(5)
    arguments = {
        "wait": (),
        "wait3": (0,),
        "wait4": (pid, 0),
        "waitpid": (-1, 0),
        "waitid": (os.P_ALL, 0, os.WEXITED),
    }[name]
    found = getattr(os, name)(*arguments)
    case.show("found", (found[0] == pid, len(found), type(found).__name__))
    if name != "waitid":
        case.show("code", os.waitstatus_to_exitcode(found[1]))
    case.call(getattr(os, name), *arguments[1:])
    arguments = [0 if each_one == pid else each_one for each_one in arguments]
    try:
        getattr(os, name)(*arguments)
    except OSError as error:
        case.show("again", error)


@each("spawnlp", "spawnvp", "system", "popen", "posix_spawn", "posix_spawnp")
def programs_started_by(case, name):
    command = ["sh", "-c", "exit 3"]
    if name == "spawnlp":
        case.call(os.spawnlp, os.P_WAIT, "sh", *command)
    elif name == "spawnvp":
        pid = os.spawnvp(os.P_NOWAIT, "sh", command)
        case.show("waited", os.waitpid(pid, 0) == (pid, 3 << 8))
    elif name == "system":
        case.call(os.system, "exit 3")
    elif name == "popen":
        pipe = os.popen("echo out; exit 3")
        case.call(pipe.read)
        case.call(pipe.close)
    else:
        path = "/bin/sh" if name == "posix_spawn" else "sh"
        pid = getattr(os, name)(path, command, os.environ)
        case.show("waited", os.waitpid(pid, 0) == (pid, 3 << 8))
        case.call(os.waitpid, -1, os.WNOHANG)


def fork_in_a_thread(case):
    seen = []

    def run():
        pid = os.fork()
        if not pid:
            os._exit(4)
        seen.append(os.waitpid(pid, 0) == (pid, 4 << 8))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    case.show("seen", seen)


def threads_of_a_child(case):
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()
    pid = os.fork()
    if not pid:
        alive = [t.is_alive() for t in threading.enumerate()]
        started = threading.Thread(target=_double, args=(1,))
        started.start()
        started.join()
        os._exit(10 * len(alive) + thread.is_alive())
    go.set()
    thread.join()
    case.show("status", os.waitpid(pid, 0)[1] >> 8)


def locks_of_a_child(case):
    lock = threading.RLock()
    with lock:
        pid = os.fork()
        if not pid:
            with lock:
                os._exit(5)
    case.show("status", os.waitpid(pid, 0)[1] >> 8)


def pipes_between_threads(case):
    r, w = os.pipe()
    seen = []
    thread = threading.Thread(target=lambda: seen.append(os.read(r, 10)))
    thread.start()
    os.write(w, b"data")
    thread.join()
    case.show("seen", seen)
    case.show("mode", (os.get_blocking(r), os.get_blocking(w)))
    os.close(r)
    os.close(w)


def at_fork_hooks(case):
    r, w = os.pipe()
    os.register_at_fork(
        before=lambda: os.write(w, b"b"),
        after_in_parent=lambda: os.write(w, b"p"),
        after_in_child=lambda: os.write(w, b"c"),
    )
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)
    case.show("hooks", sorted(os.read(r, 10)))


def terminal(case):
    import pty

    pid, fd = pty.fork()
    if not pid:
        os.execvp("sh", ["sh", "-c", "read x; echo got $x; exit 3"])
    os.write(fd, b"line\n")
    text = b""
    while b"got line" not in text:
        text += os.read(fd, 100)
    case.show("waited", os.waitpid(pid, 0)[1] >> 8)
    os.close(fd)


# -- subprocess ------------------------------------------------------------------------


def pipes_that_threads_read(case):
    """As invoke does: a thread for each stream, os.read, a queue of pieces."""
    process = subprocess.Popen(
        [SHELL, "-c", "echo out; echo err >&2; read x; echo $x; exit 3"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    captured = {"out": b"", "err": b""}

    def handle(name, pipe):
        while data := os.read(pipe.fileno(), 1000):
            captured[name] += data

    threads = [
        threading.Thread(target=handle, args=("out", process.stdout)),
        threading.Thread(target=handle, args=("err", process.stderr)),
    ]
    for thread in threads:
        thread.start()
    os.write(process.stdin.fileno(), b"typed\n")
    while process.poll() is None:
        time.sleep(0.001)
    for thread in threads:
        thread.join(5)
    case.show("captured", captured)
    case.show("code", process.returncode)
    for pipe in (process.stdin, process.stdout, process.stderr):
        pipe.close()


def pool_of_threads_runs_programs(case):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as executor:
        codes = executor.map(
            lambda i: subprocess.call([SHELL, "-c", f"exit {i}"]), range(6)
        )
        case.show("codes", list(codes))


def popen_attributes(case):
    process = subprocess.Popen(["true"])
    case.show("class", type(process) is subprocess.Popen)
    case.call(process.wait, timeout=5)
    case.show("active", getattr(subprocess, "_active", None) in ([], None))


@limit(4)
def asyncio_subprocess(case):
    import asyncio

    async def main():
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_shell(
            "cat; exit 3", stdin=pipe, stdout=pipe
        )
        case.show("out", await process.communicate(b"typed"))
        case.show("code", process.returncode)
        process = await asyncio.create_subprocess_exec("sleep", "100")
        process.terminate()
        case.show("code", await process.wait())
        try:
            await asyncio.create_subprocess_exec("/missing")
        except OSError as error:
            case.show("raised", error)

    asyncio.run(main())


# -- signals ---------------------------------------------------------------------------


def handler_interrupts_sleep(case):
    def handle(number, frame):
        raise KeyError(int(number))

    signal.signal(signal.SIGUSR1, handle)
    timer = threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGUSR1))
    timer.start()
    case.call(time.sleep, 3)
    timer.join()


def alarm_interrupts_a_program(case):
    def handle(number, frame):
        raise TimeoutError("alarm")

    signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    case.call(subprocess.call, ["sleep", "3"])


def handler_of_sigchld_reaps(case):
    seen = []

    def handle(number, frame):
        try:
            seen.append(os.waitpid(-1, os.WNOHANG)[1] >> 8)
        except ChildProcessError:
            seen.append(None)

    signal.signal(signal.SIGCHLD, handle)
    pid = os.fork()
    if not pid:
        os._exit(6)
    for _ in range(500):
        if seen:
            break
        time.sleep(0.005)
    case.show("seen", seen)


# -- multiprocessing -------------------------------------------------------------------


@limit(4)
@each(*METHODS)
def process(case, method):
    context = _context(method)
    for target, argument in ((_exit, 0), (_exit, 5), (_double, 1)):
        made = context.Process(target=target, args=(argument,))
        case.show("before", (made.pid, made.exitcode, made.is_alive()))
        made.start()
        case.call(made.join, 10)
        case.show("after", (made.exitcode, made.is_alive()))
        made.close()
    made = context.Process(target=time.sleep, args=(100,))
    made.start()
    made.terminate()
    made.join()
    case.show("terminated", made.exitcode)


@limit(4)
@each(*METHODS)
def queue_and_pipe(case, method):
    context = _context(method)
    queue = context.Queue()
    made = context.Process(target=_put, args=(queue, list(range(5))))
    made.start()
    case.call(queue.get, timeout=10)
    made.join()
    one, other = context.Pipe()
    made = context.Process(target=_send, args=(other, "text"))
    made.start()
    other.close()
    case.call(one.poll, 10)
    case.call(one.recv)
    case.call(one.recv)
    made.join()
    queue.close()
    queue.join_thread()


@limit(4)
@each(*METHODS)
def pool(case, method):
    with _context(method).Pool(2) as made:
        case.call(made.map, _double, range(4))
        case.call(made.apply, _fail, (1,))
        result = made.apply_async(time.sleep, (100,))
        case.call(result.get, 0.01)
        case.show("ready", result.ready())
    made.join()


@limit(4)
def manager(case):
    with _context("fork").Manager() as made:
        table, items = made.dict(a=1), made.list([3, 1])
        items.sort()
        event, queue = made.Event(), made.Queue()
        queue.put("x")
        case.show("values", (dict(table), list(items), event.is_set(), queue.get()))
        case.call(event.wait, 0.01)
        case.show("repr", str(items))


def synchronised(case):
    context = _context("fork")
    lock, semaphore = context.Lock(), context.Semaphore(2)
    event = context.Event()
    condition = context.Condition()
    case.call(lock.acquire)
    case.call(lock.acquire, False)
    case.call(lock.acquire, timeout=0.01)
    case.call(lock.release)
    case.call(lock.release)
    case.show("semaphore", [semaphore.acquire(False) for _ in range(3)])
    case.call(event.wait, 0.01)
    event.set()
    case.call(event.wait)
    with condition:
        case.call(condition.wait, 0.01)
    case.call(condition.notify)
    barrier = context.Barrier(1)
    case.call(barrier.wait)
    case.call(context.Semaphore, -1)
    case.call(context.BoundedSemaphore(1).release)


@limit(4)
def listener(case):
    from multiprocessing.connection import Client, Listener, wait

    with Listener(("127.0.0.1", 0), authkey=b"key") as made:
        seen = []

        def serve():
            with made.accept() as connection:
                seen.append(connection.recv())
                connection.send_bytes(b"bytes")

        thread = threading.Thread(target=serve)
        thread.start()
        with Client(made.address, authkey=b"key") as client:
            client.send({"a": 1})
            case.show("ready", len(wait([client], 5)))
            case.call(client.recv_bytes)
        thread.join()
        case.show("seen", seen)


@limit(4)
def executor(case):
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(2, mp_context=_context("fork")) as made:
        case.show("mapped", list(made.map(_double, range(4))))
        case.call(made.submit(_fail, 1).result)
        case.call(made.submit(os._exit, 1).result)
