"""Processes in patched programs: what of the standard library uses them works."""

from __future__ import annotations

import pytest

from tests.patch.conftest import Program

pytestmark = pytest.mark.pure

METHODS = ("fork", "spawn", "forkserver")
# What is sent and how is the same for all; how processes start is not.
FIRST_METHODS = ("fork", "forkserver")
START = """
from gevent import monkey; monkey.patch_all()
import multiprocessing, os, sys, time
import gevent

def square(x):
    return x * x

def own_id(_):
    time.sleep(0)
    return os.getpid()

def fail(x):
    raise KeyError(x)

def forever(_):
    time.sleep(1000)
"""


def _main(method: str, body: str) -> str:
    lines = "\n".join("    " + line for line in body.strip("\n").splitlines())
    return (
        f"{START}\nif __name__ == '__main__':\n"
        f"    context = multiprocessing.get_context({method!r})\n{lines}\n"
    )


@pytest.fixture
def script(run: object, tmp_path: object) -> Program:
    """As ``program``, from a file: children of ``spawn`` import it."""

    def run_script(code: str) -> str:
        path = tmp_path / "main.py"  # type: ignore[operator]  # a Path
        path.write_text(code)
        done = run(str(path))  # type: ignore[operator]  # a function
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return str(done.stdout)

    return run_script


@pytest.mark.parametrize("method", METHODS)
def test_a_pool_of_processes_maps(script: Program, method: str) -> None:
    body = """
with context.Pool(2) as pool:
    print(pool.map(square, range(5)), list(pool.imap(square, range(5), 2)))
    print(sorted(pool.imap_unordered(square, range(5))), pool.apply(square, (3,)))
    try:
        pool.map(fail, [1])
    except KeyError as error:
        print(repr(error))
    print(sum(map(len, pool.map(bytes, [300000] * 4))))
pool.join()
"""
    assert script(_main(method, body)) == (
        "[0, 1, 4, 9, 16] [0, 1, 4, 9, 16]\n[0, 1, 4, 9, 16] 9\nKeyError(1)\n1200000\n"
    )


@pytest.mark.parametrize("method", FIRST_METHODS)
def test_a_pool_replaces_its_processes(script: Program, method: str) -> None:
    body = """
pool = context.Pool(1, maxtasksperchild=2)
print(pool.map(square, range(4), chunksize=1))
print(len(set(pool.map(own_id, range(4), chunksize=1))) >= 2)
pool.close()
pool.join()
"""
    squares = [each * each for each in range(4)]
    assert script(_main(method, body)) == f"{squares}\nTrue\n"


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_pool_at_work_can_be_terminated(script: Program, method: str) -> None:
    body = """
pool = context.Pool(2)
pool.map_async(forever, range(6))
pool.terminate()
pool.join()
print("terminated")
"""
    assert script(_main(method, body)) == "terminated\n"


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_manager_serves(script: Program, method: str) -> None:
    body = """
with context.Manager() as manager:
    table, items, lock = manager.dict(), manager.list([1]), manager.Lock()
    table["a"] = 1
    items.append(2)
    with lock:
        print(dict(table), list(items))
"""
    assert script(_main(method, body)) == "{'a': 1} [1, 2]\n"


@pytest.mark.parametrize("method", FIRST_METHODS)
def test_an_executor_of_processes_maps(script: Program, method: str) -> None:
    body = """
from concurrent.futures import ProcessPoolExecutor
with ProcessPoolExecutor(2, mp_context=context) as executor:
    print(list(executor.map(square, range(5))))
"""
    assert script(_main(method, body)) == "[0, 1, 4, 9, 16]\n"


def test_greenlets_share_a_lock_between_processes(script: Program) -> None:
    body = """
lock, seen = context.Lock(), []
def hold(name):
    with lock:
        seen.append(name)
        gevent.sleep(0)
        seen.append(name)
gevent.joinall([gevent.spawn(hold, name) for name in "ab"])
print("".join(seen), lock.acquire(timeout=0.01), lock.acquire(timeout=0.01))
print(lock.acquire(False))
"""
    assert script(_main("fork", body)) == "aabb True False\nFalse\n"


def test_a_queue_between_processes_lets_others_run(script: Program) -> None:
    body = """
queue = context.Queue()
gevent.spawn(lambda: (gevent.sleep(0), queue.put(b"x" * 200000)))
print(len(queue.get()))
queue.close()
queue.join_thread()
"""
    assert script(_main("fork", body)) == "200000\n"


def test_other_threads_do_not_go_on_in_children_of_multiprocessing(
    script: Program,
) -> None:
    body = """
import threading
go = threading.Event()
def work():
    go.wait()
    os.write(1, b"once\\n")
thread = threading.Thread(target=work)
thread.start()
def child():
    go.set()
    for _ in range(10):
        gevent.sleep(0)
process = context.Process(target=child)
process.start()
process.join()
go.set()
thread.join()
"""
    assert script(_main("fork", body)) == "once\n"


PIPES = """
from gevent import monkey; monkey.patch_all()
import os, subprocess, socket, gevent
from subprocess import PIPE
beside = []
gevent.spawn(lambda: beside.append("ran"))
"""


def test_os_read_waits_for_the_pipe_of_a_process(program: Program) -> None:
    code = """
process = subprocess.Popen(["sh", "-c", "read x; echo $x"], stdin=PIPE, stdout=PIPE)
gevent.spawn(lambda: os.write(process.stdin.fileno(), b"typed\\n"))
print(os.read(process.stdout.fileno(), 100), beside, process.wait())
process.stdin.close(); process.stdout.close()
"""
    assert program(PIPES + code) == "b'typed\\n' ['ran'] 0\n"


@pytest.mark.parametrize("size", [100, 100_000])
def test_os_read_of_a_pipe_that_blocks_lets_others_run(
    program: Program, size: int
) -> None:
    code = f"""
r, w = os.pipe()
gevent.spawn(os.write, w, b"data")
print(os.read(r, {size}), beside, os.get_blocking(r))
os.close(w)
print(os.read(r, {size}))
"""
    assert program(PIPES + code) == "b'data' ['ran'] True\nb''\n"


def test_os_write_to_a_pipe_that_blocks_writes_everything(program: Program) -> None:
    code = """
r, w = os.pipe()
def read_all(rest):
    while rest:
        rest -= len(os.read(r, 65536))
    return "read"
reader = gevent.spawn(read_all, 300000)
print(os.write(w, b"x" * 300000), beside, reader.get())
"""
    assert program(PIPES + code) == "300000 ['ran'] read\n"


def test_os_read_of_a_terminal_lets_others_run(program: Program) -> None:
    code = """
import pty
master, slave = pty.openpty()
gevent.spawn(os.write, master, b"line\\n")
print(os.read(slave, 100), beside)
"""
    assert program(PIPES + code) == "b'line\\n' ['ran']\n"


def test_os_read_does_not_wait_where_the_program_said_so(program: Program) -> None:
    code = """
r, w = os.pipe()
os.set_blocking(r, False)
a, b = socket.socketpair()
a.setblocking(False)
for fd in (r, a.fileno()):
    try:
        os.read(fd, 1)
    except BlockingIOError:
        print("nothing")
a.close(); b.close()
"""
    assert program(PIPES + code) == "nothing\nnothing\n"


def test_threads_read_the_pipes_of_a_process(program: Program) -> None:
    """As invoke does it: a thread for each stream, and one that types."""
    code = """
import threading
process = subprocess.Popen(
    ["sh", "-c", "echo out; echo err >&2; read x; echo $x; exit 3"],
    stdin=PIPE, stdout=PIPE, stderr=PIPE,
)
captured = {}
def handle(pipe, name):
    pieces = iter(lambda: os.read(pipe.fileno(), 1000), b"")
    captured[name] = b"".join(pieces)
streams = (process.stdout, "out"), (process.stderr, "err")
threads = [threading.Thread(target=handle, args=each) for each in streams]
threads.append(
    threading.Thread(target=os.write, args=(process.stdin.fileno(), b"typed\\n"))
)
for thread in threads:
    thread.start()
print(process.wait())
for thread in threads:
    thread.join()
print(captured["out"], captured["err"])
for pipe in (process.stdin, process.stdout, process.stderr):
    pipe.close()
"""
    assert program(PIPES + code) == "3\nb'out\\ntyped\\n' b'err\\n'\n"


def test_threads_read_the_terminal_of_a_process(program: Program) -> None:
    code = """
import pty, threading
pid, master = pty.fork()
if not pid:
    os.execvp("sh", ["sh", "-c", "stty -echo; echo ready; read x; echo got $x; exit 3"])
shown = []
ready = threading.Event()
def handle():
    try:
        while data := os.read(master, 1000):
            shown.append(data)
            ready.set()
    except OSError as error:  # the end of a terminal
        shown.append(b"%d" % error.errno)
thread = threading.Thread(target=handle)
thread.start()
ready.wait()
os.write(master, b"typed\\n")
status = os.waitpid(pid, 0)[1]
thread.join()
print(status >> 8, b"".join(shown).split())
"""
    assert program(PIPES + code) == "3 [b'ready', b'got', b'typed', b'5']\n"


def test_os_read_of_a_socket_lets_others_run(program: Program) -> None:
    code = """
a, b = socket.socketpair()
gevent.spawn(b.sendall, b"data")
print(os.read(a.fileno(), 100), beside)
a.close(); b.close()
"""
    assert program(PIPES + code) == "b'data' ['ran']\n"


def test_os_read_that_is_interrupted_takes_nothing(program: Program) -> None:
    code = """
r, w = os.pipe()
with gevent.Timeout(0.001, False):
    os.read(r, 10)
os.write(w, b"kept")
print(os.read(r, 10))
"""
    assert program(PIPES + code) == "b'kept'\n"


def test_closing_wakes_os_read_with_ebadf(program: Program) -> None:
    code = """
r, w = os.pipe()
gevent.spawn(lambda: os.close(r))
try:
    os.read(r, 10)
except OSError as error:
    print(error.errno)
"""
    assert program(PIPES + code) == "9\n"


def test_a_detached_socket_blocks_as_before(program: Program) -> None:
    code = """
a, b = socket.socketpair()
a.settimeout(5)
for each in (a, b):
    fd = each.detach()
    print(os.get_blocking(fd))
    os.close(fd)
"""
    assert program(PIPES + code) == "False\nTrue\n"


@pytest.mark.parametrize("address", ["('127.0.0.1', 0)", "None"])
def test_a_listener_of_multiprocessing_serves(program: Program, address: str) -> None:
    code = f"""
from multiprocessing.connection import Client, Listener, Pipe
with Listener({address}, authkey=b"key") as listener:
    def serve():
        with listener.accept() as connection:
            connection.send(connection.recv() * 2)
    server = gevent.spawn(serve)
    with Client(listener.address, authkey=b"key") as client:
        client.send("x")
        print(client.recv())
    server.get()
one, other = Pipe()
gevent.spawn(one.send, "sent")
print(other.recv(), beside)
"""
    assert program(PIPES + code) == "xx\nsent ['ran']\n"


@pytest.mark.parametrize("how", ["close", "exit"])
def test_the_terminal_of_a_program_blocks_afterwards(
    program: Program, how: str
) -> None:
    code = f"""
import pty, sys
master, slave = pty.openpty()
inner = '''
from gevent.fileobject import FileObject
import os, sys
file = FileObject(0, "rb", closefd=False)
print(os.get_blocking(0))
if "{how}" == "close":
    file.close()
    print(os.get_blocking(0))
else:
    sys.keep = file
'''
inner = [sys.executable, "-c", inner]
done = subprocess.run(inner, stdin=slave, stdout=PIPE, text=True)
print(done.stdout.split(), os.get_blocking(slave))
"""
    shown = ["False", "True"] if how == "close" else ["False"]
    assert program(PIPES + code) == f"{shown} True\n"


WAITS = """
from gevent import monkey; monkey.patch_all()
import os, signal, subprocess, sys, threading, gevent, gevent.event
beside = []
def start(kind, code=3):
    # Ends when the other greenlet has run.
    r, w = os.pipe()
    if kind == "popen":
        program = f"read x; exit {code}"
        process = subprocess.Popen(["sh", "-c", program], stdin=r, close_fds=True)
        pid, kept[:] = process.pid, [*kept, process]
    elif kind == "original":
        pid = monkey.get_original("os", "fork")()
    else:
        pid = os.fork()
    if not pid:
        os.close(w)
        monkey.get_original("os", "read")(r, 1)
        os._exit(code)
    os.close(r)
    gevent.spawn(release, w)
    return pid
def release(w):
    gevent.sleep(0)
    gevent.sleep(0)
    beside.append("ran")
    os.write(w, b"\\n")
    os.close(w)
kept = []
"""
KINDS = ("popen", "original", "fork")


WAITING = (
    "os.waitpid(pid, 0)",
    "os.waitpid(-1, 0)",
    "os.waitpid(pid, os.WUNTRACED)",
    "os.waitpid(0, 0)",
    "os.wait()",
    "os.wait3(0)[:2]",
    "os.wait4(pid, 0)[:2]",
    "os.wait4(-1, 0)[:2]",
)


@pytest.mark.parametrize("kind", KINDS)
def test_waiting_for_a_child_lets_others_run(program: Program, kind: str) -> None:
    """All calls in one process: starting that costs most of the time."""
    code = f"""
for call in {WAITING!r}:
    beside.clear()
    kept.clear()
    pid = start({kind!r})
    found = eval(call)
    codes = [each.wait() for each in kept]
    assert found == (pid, 3 << 8) and beside == ["ran"], (call, found, beside)
    assert codes == [3] * len(kept), (call, codes)
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        print(call)
"""
    assert program(WAITS + code) == "\n".join(WAITING) + "\n"


@pytest.mark.cpython("PyPy's os has no waitid")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("which", ["os.P_PID, pid", "os.P_ALL, 0", "os.P_PGID, 0"])
def test_waitid_lets_others_run(program: Program, kind: str, which: str) -> None:
    code = f"""
pid = start({kind!r})
if {which!r} == "os.P_PGID, 0":
    looked = os.waitid(os.P_PGID, os.getpgrp(), os.WEXITED)
else:
    looked = os.waitid({which}, os.WEXITED | os.WNOWAIT)
    assert os.waitid({which}, os.WEXITED)[:2] == looked[:2]
print(looked.si_pid == pid, looked.si_status, looked.si_code == os.CLD_EXITED)
print(looked.si_signo == signal.SIGCHLD, beside, [each.wait() for each in kept])
"""
    codes = [3] if kind == "popen" else []
    assert program(WAITS + code) == f"True 3 True\nTrue ['ran'] {codes}\n"


def test_popen_and_waitpid_wait_beside_each_other(program: Program) -> None:
    code = """
pid = start("popen")
both = gevent.spawn(kept[0].wait), gevent.spawn(os.waitpid, pid, 0)
gevent.joinall(both)
print(both[0].value, both[1].value == (pid, 3 << 8))
"""
    assert program(WAITS + code) == "3 True\n"


def test_a_status_can_be_had_after_the_loop_has_reaped(program: Program) -> None:
    code = """
pid = start("popen")
kept[0].result.wait()
print(os.waitpid(pid, 0) == (pid, 3 << 8), kept[0].wait())
"""
    assert program(WAITS + code) == "True 3\n"


def test_who_waited_with_popen_leaves_nothing_to_wait_for(program: Program) -> None:
    code = """
pid = start("popen")
kept[0].wait()
for call in (lambda: os.waitpid(pid, 0), lambda: os.waitpid(-1, os.WNOHANG)):
    try:
        call()
    except ChildProcessError:
        print("nothing")
"""
    assert program(WAITS + code) == "nothing\nnothing\n"


def test_a_handler_of_sigchld_hears_of_each_child_once(program: Program) -> None:
    code = """
seen = []
def reap(*_):
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        seen.append(pid)
changed = gevent.event.Event()
signal.signal(signal.SIGCHLD, lambda *_: (reap(), changed.set()))
pids = [start(kind) for kind in ("popen", "fork", "original") * 3]
while len(seen) < len(pids):
    changed.wait(60)  # a timer keeps the loop waiting
    changed.clear()
print([each.wait() for each in kept])
reap()
print(sorted(seen) == sorted(pids))
"""
    assert program(WAITS + code) == "[3, 3, 3]\nTrue\n"


@pytest.mark.parametrize("kind", KINDS)
def test_a_child_is_waited_for_in_a_native_thread(program: Program, kind: str) -> None:
    code = f"""
pid = start({kind!r})
found = gevent.get_hub().threadpool.apply(os.waitpid, (pid, 0))
print(found == (pid, 3 << 8), [each.wait() for each in kept])
"""
    codes = [3] if kind == "popen" else []
    assert program(WAITS + code) == f"True {codes}\n"


def test_a_stopped_child_is_waited_for(program: Program) -> None:
    code = """
pid = os.fork()
if not pid:
    signal.pause()
gevent.spawn(os.kill, pid, signal.SIGSTOP)
found, status = os.waitpid(pid, os.WUNTRACED)
print(found == pid, os.WIFSTOPPED(status))
gevent.spawn(os.kill, pid, signal.SIGKILL)
print(os.waitpid(pid, 0) == (pid, signal.SIGKILL))
"""
    assert program(WAITS + code) == "True True\nTrue\n"


def test_an_interrupted_wait_takes_nothing(program: Program) -> None:
    code = """
pid = start("original")
beside.clear()
with gevent.Timeout(0, False):
    os.wait()
print(os.wait() == (pid, 3 << 8))
"""
    assert program(WAITS + code) == "True\n"


def test_a_program_of_asyncio_talks_to_a_process(program: Program) -> None:
    code = """
import asyncio
async def main():
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec("cat", stdin=pipe, stdout=pipe)
    print(await process.communicate(b"typed"), process.returncode)
asyncio.run(main())
"""
    assert program(WAITS + code) == "(b'typed', None) 0\n"


@pytest.mark.parametrize("action", ["SIG_IGN", "SIG_DFL"])
def test_the_action_of_sigchld_leaves_return_codes_alone(
    program: Program, action: str
) -> None:
    code = f"""
signal.signal(signal.SIGCHLD, signal.{action})
start("popen")
print(kept[0].wait(), signal.getsignal(signal.SIGCHLD) == signal.{action})
pid = start("fork")
print(os.waitpid(pid, 0) == (pid, 3 << 8))
print(signal.signal(signal.SIGCHLD, signal.SIG_DFL) == signal.{action})
"""
    assert program(WAITS + code) == "3 True\nTrue\nTrue\n"
