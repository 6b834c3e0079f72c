"""``gevent.subprocess``: starting processes, talking to them, waiting for them."""

from __future__ import annotations

import gc
import inspect
import io
import os
import signal
import subprocess as stdlib
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from unittest import mock

import pytest

import gevent
from gevent import select, socket, subprocess
from gevent.event import Event
from gevent.fileobject import FileObject, FileObjectPosix
from gevent.subprocess import DEVNULL, PIPE, STDOUT, Popen, TimeoutExpired
from tests.support.memory import let_go
from tests.support.schedule import no_switches, run_until_idle
from tests.support.zombies import wait_until_ended

pytestmark = pytest.mark.pure

ECHO = ["cat"]


def shell(script: str, **kwargs: object) -> Popen:
    return Popen(["sh", "-c", script], **kwargs)  # type: ignore[call-overload]  # passed


def is_gone(pid: int) -> bool:
    """Whether a process was reaped, too."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


# -- starting -------------------------------------------------------------------------


def test_it_is_a_popen_of_the_standard_library() -> None:
    with Popen(["true"]) as process:
        assert isinstance(process, stdlib.Popen)


def test_the_standard_library_takes_its_arguments_in_the_known_order() -> None:
    parameters = list(inspect.signature(stdlib.Popen._execute_child).parameters)
    ends = ["preexec_fn", "p2cwrite", "c2pread", "errread"]
    # The first one is self.
    assert [parameters.index(name) - 1 for name in ends] == [2, 11, 12, 14]


def test_starting_does_not_switch() -> None:
    """So nobody can be killed between the start of a process and its owner."""
    gevent.spawn(lambda: None)
    with no_switches():
        process = Popen(["true"], stdin=PIPE, stdout=PIPE, stderr=PIPE)
    with process:
        pass


def test_pipes_are_file_objects() -> None:
    with Popen(ECHO, stdin=PIPE, stdout=PIPE, stderr=PIPE) as process:
        pipes = (process.stdin, process.stdout, process.stderr)
        assert all(isinstance(pipe, FileObject) for pipe in pipes)
        process.communicate()


def test_what_is_not_a_pipe_is_none() -> None:
    with Popen(["true"], stdout=DEVNULL) as process:
        assert (process.stdin, process.stdout, process.stderr) == (None, None, None)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"args": ["no-such-program"]}, FileNotFoundError),
        ({"args": ["/"]}, PermissionError),
        ({"args": ["true"], "cwd": "/no/such/folder"}, FileNotFoundError),
        ({"args": []}, IndexError),
        ({"args": ["nul\0"]}, ValueError),
        ({"args": ["true"], "bufsize": "1"}, TypeError),
        ({"args": ["true"], "startupinfo": 1}, ValueError),
        ({"args": ["true"], "threadpool": 1}, ValueError),
        (
            {"args": ["true"], "encoding": "no-such-encoding", "stdin": PIPE},
            LookupError,
        ),
        (
            {"args": ["true"], "text": True, "universal_newlines": False},
            stdlib.SubprocessError,
        ),
    ],
)
def test_wrong_arguments_leave_nothing_behind(
    arguments: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        Popen(**({"stdout": PIPE, "stderr": PIPE} | arguments))  # type: ignore[call-overload]  # wrong


def test_missing_program_is_named() -> None:
    with pytest.raises(FileNotFoundError) as raised:
        Popen(["no-such-program"])
    assert raised.value.filename == "no-such-program"


def test_missing_programs_leave_no_descriptors() -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        with pytest.raises(FileNotFoundError):
            Popen(["no-such-program"], stdin=PIPE, stdout=PIPE, stderr=PIPE)
    assert len(os.listdir("/proc/self/fd")) == before


# A child that says whether it may wait for its standard input and output.
SAY_MODES = "import os; print(*map(os.get_blocking, (0, 1, 2)), flush=True)"


def test_a_program_waits_for_what_another_one_writes() -> None:
    """The usual pipeline: the first one's output is not there yet."""
    with (
        shell("read line; echo late", stdin=PIPE, stdout=PIPE) as first,
        Popen(
            [sys.executable, "-c", f"{SAY_MODES}; print(os.read(0, 100))"],
            stdin=first.stdout,
            stdout=PIPE,
        ) as second,
    ):
        assert second.stdout.readline() == b"True True True\n"
        first.stdin.write(b"\n")
        first.stdin.flush()
        assert second.stdout.read() == b"b'late\\n'\n"
        assert not os.get_blocking(first.stdout.fileno())
    run_until_idle()


def test_a_program_gets_a_socket_that_blocks() -> None:
    first, second = socket.socketpair()
    with first, second:
        arguments = [sys.executable, "-c", SAY_MODES]
        subprocess.check_call(arguments, stdin=first, stdout=first, stderr=first)
        assert second.recv(100) == b"True True True\n"


def test_a_program_inherits_terminals_that_block() -> None:
    master, terminal = os.openpty()
    saved = os.dup(0)
    os.dup2(terminal, 0)
    try:
        with FileObjectPosix(0, "rb", 0, closefd=False):
            modes = subprocess.check_output([sys.executable, "-c", SAY_MODES])
            assert not os.get_blocking(0)
        assert modes.startswith(b"True True")
    finally:
        os.dup2(saved, 0)
        for fd in (saved, master, terminal):
            os.close(fd)


def test_a_pipe_without_a_reader_is_passed_on_as_it_is() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    os.close(reader)
    program = [sys.executable, "-c", "import os; os.write(1, b'x')"]
    assert subprocess.call(program, stdout=writer, stderr=DEVNULL) == 1
    os.close(writer)


class CannotStart(Popen):
    """What a program may do to start processes in its own way."""

    def _execute_child(self, *args: object, **kwargs: object) -> None:
        raise RuntimeError("no process")


def test_a_subclass_that_starts_nothing_leaves_no_descriptors() -> None:
    before = os.listdir("/proc/self/fd")
    with pytest.raises(RuntimeError, match="no process"):
        CannotStart(ECHO, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    assert os.listdir("/proc/self/fd") == before


def test_the_exception_of_preexec_fn_is_raised() -> None:
    def prepare() -> None:
        raise KeyError("prepared")

    with pytest.raises(KeyError, match="prepared"):
        Popen(["true"], preexec_fn=prepare)


def test_an_exception_of_preexec_fn_that_cannot_be_pickled_is_a_subprocess_error() -> (
    None
):
    class LocalError(Exception):
        pass

    def prepare() -> None:
        raise LocalError

    with pytest.raises(stdlib.SubprocessError):
        Popen(["true"], preexec_fn=prepare)


def test_preexec_fn_runs_in_the_child() -> None:
    assert subprocess.check_output(["pwd"], preexec_fn=lambda: os.chdir("/")) == b"/\n"


@pytest.mark.parametrize("close_fds", [True, False])
def test_pass_fds_are_inherited(close_fds: bool, recwarn: object) -> None:
    reader, writer = os.pipe()
    script = f"echo here > /dev/fd/{writer}"
    with shell(script, pass_fds=(writer,), close_fds=close_fds) as process:
        assert process.wait() == 0
    assert os.read(reader, 10) == b"here\n"
    os.close(reader)
    os.close(writer)


def test_descriptors_are_closed_with_a_high_limit() -> None:
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    high = os.dup2(writer, 900)
    with shell("test -e /proc/self/fd/900", close_fds=True) as process:
        assert process.wait() == 1
    for fd in (reader, writer, high):
        os.close(fd)


def test_posix_spawn_is_used_where_the_standard_library_uses_it() -> None:
    assert subprocess.check_output(["/bin/echo", "x"], close_fds=False) == b"x\n"


def test_process_groups_and_sessions() -> None:
    with Popen(ECHO, stdin=PIPE, process_group=0) as process:
        assert os.getpgid(process.pid) == process.pid
        process.communicate()
    with Popen(ECHO, stdin=PIPE, start_new_session=True) as process:
        assert os.getsid(process.pid) == process.pid
        process.communicate()


# -- waiting --------------------------------------------------------------------------


def test_wait_gives_the_return_code() -> None:
    assert shell("exit 7").wait() == 7


def test_wait_lets_others_run() -> None:
    with Popen(ECHO, stdin=PIPE) as process:
        gevent.spawn(process.stdin.close)
        assert process.wait() == 0


def test_a_signal_is_a_negative_return_code() -> None:
    process = Popen(ECHO, stdin=PIPE)
    with process:
        gevent.spawn(process.kill)
        assert process.wait() == -signal.SIGKILL


def test_wait_times_out() -> None:
    with Popen(ECHO, stdin=PIPE) as process:
        with pytest.raises(TimeoutExpired) as raised:
            process.wait(0.001)
        assert raised.value.timeout == 0.001
        with pytest.raises(TimeoutExpired):
            process.wait(-1)
        process.stdin.close()
        assert process.wait() == 0


def test_several_greenlets_wait() -> None:
    with Popen(ECHO, stdin=PIPE) as process:
        waiting = [gevent.spawn(process.wait) for _ in range(3)]
        gevent.sleep(0)
        process.stdin.close()
        assert [each.get() for each in waiting] == [0, 0, 0]


def test_poll_sees_the_end_without_a_switch() -> None:
    process = shell("exit 3")
    wait_until_ended(process.pid)
    with no_switches():
        assert process.poll() == 3
    assert process.wait() == 3


def test_poll_of_a_running_process_is_none() -> None:
    with Popen(ECHO, stdin=PIPE) as process:
        assert process.poll() is None
        process.communicate()


def test_poll_after_the_loop_has_reaped_but_not_told_yet() -> None:
    process = shell("exit 3")
    wait_until_ended(process.pid)
    watcher = process._watcher
    seen: list[int | None] = []

    def look() -> None:
        watcher.loop.children._collect(watcher)
        seen.append(process.poll())

    gevent.get_hub().loop.run_callback(look)
    assert process.result.get() == 3
    assert seen == [3]


def test_the_loop_sets_the_return_code() -> None:
    process = shell("exit 3")
    process.result.wait()
    assert process.returncode == 3


def test_a_process_can_be_waited_for_like_a_greenlet() -> None:
    with Popen(ECHO, stdin=PIPE) as slow, Popen(["true"]) as quick:
        assert gevent.wait([slow, quick], count=1) == [quick]
        slow.communicate()


def test_waiting_for_everything_waits_for_processes() -> None:
    process = shell("exit 2")
    assert gevent.wait() is True
    assert process.returncode == 2


def test_a_link_is_called_once_with_the_process() -> None:
    process = Popen(["true"])
    seen: list[Popen] = []
    process.rawlink(seen.append)
    process.rawlink(print)
    process.unlink(print)
    process.unlink(print)
    process.wait()
    gevent.idle()
    assert seen == [process]


def test_signals_are_not_sent_to_what_has_ended() -> None:
    process = Popen(["true"])
    process.wait()
    process.send_signal(signal.SIGKILL)
    process.terminate()
    assert process.returncode == 0


def test_a_dropped_process_closes_its_pipes_and_is_reaped() -> None:
    process = Popen(ECHO, stdin=PIPE)
    pid, result = process.pid, process.result
    del process
    let_go()
    gc.collect()
    assert result.get() == 0
    assert is_gone(pid)


def test_a_status_that_a_dropped_popen_had_is_gone_with_it() -> None:
    """The loop had set it, nobody had asked; then ``os.wait`` told of the process."""
    process = Popen(ECHO, stdin=PIPE)
    assert process.stdin is not None
    process.stdin.close()
    assert process.result.get() == process.returncode == 0
    pid = process.pid
    del process
    let_go()
    # There may be a child of another test, that has not ended.
    with suppress(ChildProcessError):
        assert gevent.os.waitpid(-1, os.WNOHANG) != (pid, 0)


def test_a_dropped_process_is_told_of_until_the_next_one_is_started() -> None:
    """As with the standard library: the next Popen reaps the ones that are gone."""
    pids = []
    for _ in range(2):
        process = Popen(ECHO, stdin=PIPE)
        pids.append(process.pid)
        result = process.result
        del process
        let_go()
        result.get()
    assert gevent.os.waitpid(-1, 0) == (pids[1], 0)
    with pytest.raises(ChildProcessError):
        gevent.os.waitpid(-1, 0)


def test_other_children_are_left_alone() -> None:
    """The reference loses its exit codes then."""
    pid = os.fork()
    if not pid:
        os._exit(9)
    wait_until_ended(pid)
    assert subprocess.call(["true"]) == 0
    gevent.idle()
    assert os.waitpid(pid, 0) == (pid, 9 << 8)


def test_multiprocessing_beside_it() -> None:
    import multiprocessing

    context = multiprocessing.get_context("fork")
    other = context.Process(target=sys.exit, args=(5,))
    other.start()
    assert subprocess.call(["true"]) == 0
    other.join()
    assert other.exitcode == 5
    other.close()


@pytest.mark.parametrize("where", ["wait", "poll"])
def test_a_process_outlives_the_hub_that_watched_it(where: str) -> None:
    with Popen(ECHO, stdin=PIPE) as process:
        gevent.get_hub().destroy(destroy_loop=True)
        process.stdin.close()
        if where == "poll":
            wait_until_ended(process.pid)
            assert process.poll() == 0
        assert process.wait() == 0


def test_any_thread_starts_and_waits() -> None:
    outputs: list[bytes] = []

    def work() -> None:
        outputs.append(subprocess.check_output(["echo", "thread"]))
        gevent.get_hub().destroy(destroy_loop=True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert outputs == [b"thread\n"]


def test_its_repr_shows_process_and_return_code() -> None:
    process = Popen(["true"])
    process.wait()
    assert repr(process).endswith(f"pid={process.pid} returncode=0>")


# -- communicating --------------------------------------------------------------------


def test_communicate_gives_all_pipes() -> None:
    process = shell("cat; echo error >&2", stdin=PIPE, stdout=PIPE, stderr=PIPE)
    assert process.communicate(b"input") == (b"input", b"error\n")
    assert process.returncode == 0


def test_communicate_again_gives_the_same() -> None:
    process = shell("echo x", stdout=PIPE)
    first = process.communicate()
    assert process.communicate() == first == (b"x\n", None)


@pytest.mark.parametrize("bufsize", [-1, 0, 1000])
def test_communicate_exchanges_more_than_pipes_hold(bufsize: int) -> None:
    data = os.urandom(1 << 20)
    process = Popen(ECHO, stdin=PIPE, stdout=PIPE, bufsize=bufsize)
    assert process.communicate(data)[0] == data


def test_communicate_gives_what_was_buffered_before() -> None:
    process = shell("printf 'first\\nsecond\\n'", stdout=PIPE)
    assert process.stdout.readline() == b"first\n"
    assert process.communicate()[0] == b"second\n"


TALKS = ["sh", "-c", "cat; echo error >&2"]


def _close_stdin(process: subprocess.Popen) -> None:
    process.stdin.write("typed\n" if process.text_mode else b"typed\n")
    process.stdin.close()


def _wrap_stdout(process: subprocess.Popen) -> None:
    _close_stdin(process)
    process.stdout = io.TextIOWrapper(process.stdout)


def _drop_stdout(process: subprocess.Popen) -> None:
    _close_stdin(process)
    process.stdout.close()
    process.stdout = None


CLOSED = [
    pytest.param(_close_stdin, b"typed\n", b"error\n", id="stdin"),
    pytest.param(lambda p: p.stdout.close(), b"", b"error\n", id="stdout"),
    pytest.param(lambda p: p.stderr.close(), b"", b"", id="stderr"),
    pytest.param(lambda p: (_close_stdin(p), p.stdout.read(2)), b"ped\n", b"error\n"),
    pytest.param(_wrap_stdout, b"typed\n", b"error\n", id="wrapped"),
    pytest.param(_drop_stdout, None, b"error\n", id="none"),
]


@pytest.mark.parametrize("timeout", [None, 30.0])
@pytest.mark.parametrize(("prepare", "output", "errors"), CLOSED)
def test_communicate_leaves_out_what_the_program_closed(
    prepare: Callable[[subprocess.Popen], object],
    output: bytes | None,
    errors: bytes,
    timeout: float | None,
) -> None:
    process = subprocess.Popen(TALKS, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    prepare(process)
    assert process.communicate(timeout=timeout) == (output, errors)
    assert process.communicate() == (output, errors)


@pytest.mark.parametrize("timeout", [None, 30.0])
def test_communicate_gives_text_after_stdin_was_closed(timeout: float | None) -> None:
    process = subprocess.Popen(TALKS, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True)
    _close_stdin(process)
    assert process.communicate("more", timeout) == ("typed\n", "error\n")


def test_communicate_writes_bytes_to_what_is_in_the_place_of_stdin() -> None:
    process = subprocess.Popen(["cat"], stdin=PIPE, stdout=PIPE)
    process.stdin = io.TextIOWrapper(process.stdin)
    assert process.communicate(b"typed") == (b"typed", None)


def test_communicate_takes_no_input_when_called_again() -> None:
    process = subprocess.Popen(["cat"], stdin=PIPE, stdout=PIPE)
    process.communicate(b"typed")
    with pytest.raises(ValueError, match="Cannot send input after starting"):
        process.communicate(b"more")


def test_communicate_with_a_process_that_does_not_read() -> None:
    process = Popen(["true"], stdin=PIPE)
    assert process.communicate(bytes(1 << 20)) == (None, None)


def test_communicate_flushes_what_is_in_the_place_of_stdin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Gone:
        calls: list[str] = []

        def write(self, data: bytes) -> None:
            self.calls.append("write")

        def flush(self) -> None:
            self.calls.append("flush")
            raise BrokenPipeError

        def close(self) -> None:
            self.calls.append("close")

    with Popen(["true"], stdin=PIPE) as process:
        with monkeypatch.context() as patch:
            patch.setattr(process, "stdin", Gone())
            process.communicate(b"stuff")
        assert Gone.calls == ["write", "flush", "close"]


def test_communicate_times_out_and_goes_on() -> None:
    process = shell("echo first; cat; echo last", stdin=PIPE, stdout=PIPE)
    stdin = os.dup(process.stdin.fileno())
    select.select([process.stdout], [], [])
    with pytest.raises(TimeoutExpired) as raised:
        process.communicate(timeout=0.01)
    assert raised.value.output == b"first\n"
    os.close(stdin)
    assert process.communicate() == (b"first\nlast\n", None)


def test_an_interrupted_communicate_loses_nothing() -> None:
    process = shell("echo first; cat; echo last", stdin=PIPE, stdout=PIPE)
    stdin = os.dup(process.stdin.fileno())
    select.select([process.stdout], [], [])
    with gevent.Timeout(0.01, False):
        process.communicate()
    os.close(stdin)
    assert process.communicate() == (b"first\nlast\n", None)


@pytest.mark.parametrize(
    "mode", [{"text": True}, {"universal_newlines": True}, {"encoding": "utf-8"}]
)
def test_text_modes(mode: dict[str, object]) -> None:
    process = Popen(ECHO, stdin=PIPE, stdout=PIPE, **mode)  # type: ignore[call-overload]  # passed
    assert process.communicate("a\r\nß\r") == ("a\nß\n", None)


@pytest.mark.parametrize("pipe", ["stdin", "stdout"])
def test_every_pipe_has_the_encoding(pipe: str) -> None:
    """In the reference the first pipe object of a process had none."""
    arguments = {pipe: PIPE}
    with Popen(
        ECHO if pipe == "stdin" else ["true"], encoding="utf-16", **arguments
    ) as process:  # type: ignore[call-overload]  # passed
        assert getattr(process, pipe).encoding == "utf-16"


def test_an_error_of_a_reader_is_raised() -> None:
    process = shell(r"printf '\377'", stdout=PIPE, encoding="ascii")
    with pytest.raises(UnicodeDecodeError):
        process.communicate()
    process.wait()


def test_line_buffered_text_reaches_the_process() -> None:
    with Popen(ECHO, stdin=PIPE, stdout=PIPE, text=True, bufsize=1) as process:
        process.stdin.write("line\n")
        assert process.stdout.readline() == "line\n"


def test_everything_is_written_to_an_unbuffered_stdin() -> None:
    with Popen(["wc", "-c"], stdin=PIPE, stdout=PIPE, bufsize=0) as process:
        reader = gevent.spawn(process.stdout.read, 100)
        assert process.stdin.write(bytes(1 << 20)) == 1 << 20
        process.stdin.close()
        assert reader.get().strip() == b"1048576"


@pytest.mark.parametrize("how", ["exception", "kill"])
def test_leaving_the_block_ends_communicating(how: str) -> None:
    processes: list[Popen] = []
    talking: list[gevent.Greenlet] = []

    def talk() -> None:
        with shell("cat; exec cat", stdin=PIPE, stdout=PIPE) as process:
            processes.append(process)
            talking.append(gevent.spawn(process.communicate, b"x" * (1 << 20)))
            gevent.sleep(0.001)  # it is in the midst of it, and nobody sees that
            process.kill()
            killed.set()
            if how == "exception":
                raise KeyError("original")
            gevent.sleep(1000)

    killed = Event()
    greenlet = gevent.spawn(lambda: _outcome(talk))
    killed.wait()
    if how == "kill":
        greenlet.kill()
    else:
        assert isinstance(greenlet.get(), KeyError)
    gevent.joinall(talking)
    assert is_gone(processes[0].pid)


def _outcome(function: object) -> object:
    try:
        return function()  # type: ignore[operator]  # a function of this module
    except Exception as error:  # the test looks at it
        return error


def test_a_killed_greenlet_leaves_no_process() -> None:
    pids: list[int] = []

    def work() -> None:
        with Popen(["sleep", "100"]) as process:
            pids.append(process.pid)
            try:
                process.wait()
            finally:
                process.kill()

    greenlet = gevent.spawn(work)
    while not pids:
        gevent.sleep(0)
    greenlet.kill()
    assert is_gone(pids[0])


# -- the functions --------------------------------------------------------------------


def test_run_gives_what_it_captured() -> None:
    done = subprocess.run(
        "cat; echo error >&2; exit 3", shell=True, input=b"x", capture_output=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, b"x", b"error\n")
    assert isinstance(done, stdlib.CompletedProcess)
    assert isinstance(done, subprocess.CompletedProcess)


def test_run_checks_the_return_code() -> None:
    with pytest.raises(stdlib.CalledProcessError) as raised:
        subprocess.run("echo x; exit 3", shell=True, stdout=PIPE, check=True)
    assert (raised.value.returncode, raised.value.output) == (3, b"x\n")


def test_errors_have_the_args_of_the_standard_library() -> None:
    command = ["sh", "-c", "echo out; exit 3"]
    with pytest.raises(subprocess.CalledProcessError) as failed:
        subprocess.run(command, stdout=PIPE, check=True)
    assert failed.value.args == (3, command)
    assert failed.value.output == b"out\n"
    with Popen(["sleep", "100"], stdin=PIPE) as process:
        with pytest.raises(TimeoutExpired) as expired:
            process.communicate(timeout=0)
        process.kill()
    assert expired.value.args == (["sleep", "100"], 0)


class Slow(Popen):
    """Does not begin to communicate before there is something to read."""

    def communicate(self, *args: object, **kwargs: object) -> object:
        select.select([self.stdout], [], [])
        return super().communicate(*args, **kwargs)


def test_run_kills_what_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", Slow)
    with pytest.raises(TimeoutExpired) as raised:
        subprocess.run("echo x; exec sleep 100", shell=True, stdout=PIPE, timeout=0.01)
    assert raised.value.output == b"x\n"


@pytest.mark.parametrize("function", ["run", "call", "check_call", "check_output"])
def test_an_interrupted_call_kills_and_reaps(function: str) -> None:
    call = getattr(subprocess, function)
    before = _children()
    with gevent.Timeout(0.001, False):
        call(["sleep", "100"])
    assert _children() == before


def _children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


@pytest.mark.parametrize(
    "arguments",
    [
        {"input": b"x", "stdin": PIPE},
        {"capture_output": True, "stdout": PIPE},
        {"capture_output": True, "stderr": STDOUT},
    ],
)
def test_run_refuses_a_pipe_given_twice(arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="may not"):
        subprocess.run(["true"], **arguments)  # type: ignore[call-overload]  # wrong


@pytest.mark.parametrize("name", ["stdout", "check"])
def test_check_output_refuses_what_it_sets(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        subprocess.check_output(["true"], **{name: 1})  # type: ignore[call-overload]  # wrong


def test_check_output_without_input_does_not_inherit_stdin() -> None:
    assert subprocess.check_output(ECHO, input=None) == b""
    assert subprocess.check_output(ECHO, input=None, text=True) == ""


def test_call_gives_the_return_code() -> None:
    assert subprocess.call(["false"]) == 1
    assert subprocess.check_call(["true"]) == 0
    with pytest.raises(stdlib.CalledProcessError) as raised:
        subprocess.check_call(args=["false"])
    assert raised.value.cmd == ["false"]


def test_names_are_those_of_the_standard_library() -> None:
    assert set(stdlib.__all__) <= set(subprocess.__all__)
    assert "list2cmdline" not in subprocess.__all__
    assert subprocess.list2cmdline is stdlib.list2cmdline
    assert subprocess.TimeoutExpired is stdlib.TimeoutExpired
    assert subprocess.getoutput("echo x") == "x"


def test_signal_can_be_had_from_the_module() -> None:
    assert subprocess.signal is signal  # type: ignore[attr-defined]  # not declared


def test_classes_can_be_subscripted() -> None:
    assert Popen[bytes].__origin__ is Popen
    done = subprocess.CompletedProcess[str]
    assert done.__origin__ is subprocess.CompletedProcess


def test_pipe_cloexec_is_not_inherited() -> None:
    with Popen(["true"]) as process:
        ends = process.pipe_cloexec()
    assert [os.get_inheritable(fd) for fd in ends] == [False, False]
    for fd in ends:
        os.close(fd)


def test_file_objects_can_be_redirections() -> None:
    reader, writer = os.pipe()
    with FileObjectPosix(writer, "wb") as output:
        subprocess.check_call(["echo", "x"], stdout=output)
    with FileObjectPosix(reader, "rb") as source:
        assert source.read() == b"x\n"


def test_what_stands_in_place_of_a_pipe_gets_the_input() -> None:
    """A mock, whose ``closed`` is neither true nor false."""
    process = Popen(["true"])
    with process, mock.patch.object(process, "stdin") as stdin:
        stdin.flush.side_effect = BrokenPipeError
        process.communicate(b"input")
        stdin.write.assert_called_once_with(b"input")
        stdin.close.assert_called_once_with()
