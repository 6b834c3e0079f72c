"""``python -m gevent ps``, ``stack`` and ``top``, on programs that are not prepared."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gevent.commands.asking import Asker, CannotLook, find_target
from gevent.sync.introspection.door import SIGNAL
from tests.commands.conftest import (
    environment,
    folders_for,
    look_type,
    picture_of,
    start_type,
)

COMPUTES = """
    import gevent
    def compute():
        print("ready", flush=True)
        while True:
            pass
    gevent.spawn(compute).join()
"""
IDLES = """
    import gevent
    def idle():
        gevent.sleep(1000)
    waiting = [gevent.spawn(idle) for _ in range(3)]
    gevent.sleep(0)
    print("ready", flush=True)
    gevent.joinall(waiting)
"""
# The call goes on after the signal, and Python code runs no more.
READS_IN_C = """
    import ctypes, os
    import gevent
    libc = ctypes.{dll}(None, use_errno=True)
    buffer = ctypes.create_string_buffer(1)
    def read():
        print("ready", flush=True)
        print(libc.read(0, buffer, 1), ctypes.get_errno(), flush=True)
    gevent.spawn(read).join()
"""


def test_a_program_in_an_endless_loop_is_seen(
    start: start_type, look: look_type
) -> None:
    program = start(COMPUTES)
    done = look("ps", program.pid)
    assert done.returncode == 0, done.stderr
    assert "compute" in done.stdout
    assert "running" in done.stdout
    assert "polling" not in done.stdout
    assert program.poll() is None


def test_the_stack_of_an_endless_loop_is_shown(
    start: start_type, look: look_type
) -> None:
    program = start(COMPUTES)
    done = look("stack", program.pid)
    assert "<string>:6 in compute" in done.stdout or ":5 in compute" in done.stdout


def test_one_that_only_imported_gevent_is_seen(
    start: start_type, look: look_type
) -> None:
    program = start("import gevent; print('ready', flush=True)\nwhile True: pass")
    picture = picture_of(look("ps", program.pid, "--json"))
    assert picture["hubs"] == []
    assert [each["state"] for each in picture["greenlets"]] == ["running"]


def test_one_in_an_unpatched_sleep_is_seen(start: start_type, look: look_type) -> None:
    program = start(
        """
        import time
        import gevent
        def doze():
            print("ready", flush=True)
            time.sleep(1000)
        gevent.spawn(doze).join()
        """
    )
    done = look("stack", program.pid)
    assert done.returncode == 0, done.stderr
    assert "in doze" in done.stdout
    assert program.poll() is None


def test_one_that_waits_in_its_loop_is_seen(start: start_type, look: look_type) -> None:
    program = start(IDLES)
    picture = picture_of(look("ps", program.pid, "--json"))
    states = [each["state"] for each in picture["greenlets"] if each["name"] == "idle"]
    assert states == ["waiting"] * 3
    [hub] = picture["hubs"]
    assert hub["parked"] == 4
    assert hub["is_polling"]
    assert hub["lag"] == 0


def test_what_a_greenlet_waits_for_is_named(start: start_type, look: look_type) -> None:
    program = start(
        """
        import gevent
        from gevent import socket
        from gevent.lock import RLock
        listener = socket.create_server(("127.0.0.1", 0))
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        lock = RLock()
        def hold():
            with lock:
                server.recv(1)
        def take():
            with lock:
                pass
        def nap():
            gevent.sleep(1000)
        greenlets = [gevent.spawn(each) for each in (hold, take, nap)]
        gevent.sleep(0)
        gevent.sleep(0)
        print("ready", flush=True)
        gevent.joinall(greenlets)
        """
    )
    picture = picture_of(look("ps", program.pid, "--json"))
    named = {each["name"]: each for each in picture["greenlets"]}
    reading = named["hold"]["waits_for"]
    assert reading["peer"].startswith("127.0.0.1:")  # type: ignore[index,call-overload]
    taking = named["take"]["waits_for"]
    assert taking["kind"] == "RLock"  # type: ignore[index,call-overload]
    assert taking["holders"] == [named["hold"]["id"]]  # type: ignore[index,call-overload]
    napping = named["nap"]["waits_for"]
    assert 900 < napping["seconds_left"] <= 1000  # type: ignore[index,call-overload,operator]


def test_dead_locks_are_shown(start: start_type, look: look_type) -> None:
    program = start(
        """
        import gevent
        from gevent.lock import RLock
        one, two = RLock(), RLock()
        def take(first, second):
            with first:
                gevent.sleep(0)
                with second:
                    pass
        def tick():
            while True:
                gevent.sleep(0.1)
        stuck = [gevent.spawn(take, one, two), gevent.spawn(take, two, one)]
        gevent.spawn(tick)
        gevent.sleep(0)
        gevent.sleep(0)
        print("ready", flush=True)
        gevent.joinall(stuck)
        """
    )
    done = look("ps", program.pid)
    assert "DEAD-LOCK of 2:" in done.stdout
    assert "held by take" in done.stdout


def test_ten_thousand_greenlets_are_all_there(
    start: start_type, look: look_type
) -> None:
    program = start(
        """
        import gevent
        from gevent.event import Event
        event = Event()
        waiting = [gevent.spawn(event.wait) for _ in range(10_000)]
        waiting[-1].start()
        while gevent.get_hub().loop.n_parked < 10_000:
            gevent.sleep(0)
        print("ready", flush=True)
        gevent.joinall(waiting)
        """
    )
    picture = picture_of(look("ps", program.pid, "--json"))
    waiting = [each for each in picture["greenlets"] if each["name"] == "Event.wait"]
    assert len(waiting) == 10_000
    assert {each["state"] for each in waiting} == {"waiting"}


# -- blocked in C ---------------------------------------------------------------------


@pytest.mark.compiled
@pytest.mark.parametrize("dll", ["CDLL", "PyDLL"])
def test_of_one_in_c_code_its_position_is_shown(
    start: start_type, look: look_type, dll: str
) -> None:
    program = start(READS_IN_C.format(dll=dll))
    done = look("ps", program.pid)
    assert done.returncode == 3
    functions = [line for line in done.stdout.splitlines() if line.startswith("    C ")]
    assert "read" in functions[0]
    assert "libc" in functions[0]
    assert "in read" in done.stdout  # the Python function


@pytest.mark.parametrize("dll", ["CDLL", "PyDLL"])
def test_a_call_in_c_code_does_not_notice(
    start: start_type, look: look_type, dll: str
) -> None:
    program = start(READS_IN_C.format(dll=dll))
    look("ps", program.pid)
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write("x")
    program.stdin.flush()
    assert program.stdout.readline() == "1 0\n"


def await_read(pid: int) -> None:
    """Wait until the main thread of a process reads its standard input."""
    # The number of `read`, on x86-64 or arm64, and the descriptor.
    reads = (["0", "0x0"], ["63", "0x0"])
    while Path(f"/proc/{pid}/syscall").read_text().split()[:2] not in reads:
        os.sched_yield()


def test_one_that_answers_late_is_waited_for(
    start: start_type, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = start(READS_IN_C.format(dll="CDLL") + "\n    gevent.sleep(1000)")
    await_read(program.pid)
    pause = Asker._pause
    n_pauses = 0

    def pause_and_end_the_call(asker: Asker, seconds: float) -> None:
        nonlocal n_pauses
        n_pauses += 1
        if n_pauses == 5:
            assert program.stdin is not None
            program.stdin.write("x")
            program.stdin.flush()
        pause(asker, seconds)

    monkeypatch.setattr(Asker, "_pause", pause_and_end_the_call)
    with Asker(find_target(program.pid)) as asker:
        assert "hubs" in asker.ask(False, 60)
    assert n_pauses >= 5


@pytest.mark.compiled
def test_a_program_that_runs_python_code_does_not_look_at_its_c_stack(
    start: start_type,
) -> None:
    # In the middle of a switch, or of a call, that would be its end.
    program = start(
        """
        import gevent
        def switch(depth):
            if depth:
                switch(depth - 1)
            gevent.sleep(0)
        def work():
            while True:
                switch(20)
        print("ready", flush=True)
        gevent.joinall([gevent.spawn(work) for _ in range(20)])
        """
    )
    with Asker(find_target(program.pid)) as asker:
        asker._write("position", b"")
        for _ in range(2000):
            asker._signal()
        assert asker._read("position") == ""
        assert "hubs" in asker.ask(False, 60)
    assert program.poll() is None


@pytest.mark.compiled
def test_a_main_thread_that_waits_for_a_native_thread_does_not_hide_its_hub(
    start: start_type, look: look_type
) -> None:
    program = start(
        """
        import gevent, threading
        def run():
            gevent.spawn(print, "ready", flush=True)
            gevent.sleep(1000)
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        """
    )
    for _ in range(2):
        picture = picture_of(look("ps", program.pid, "--json"))
        assert len(picture["hubs"]) == 1
        [hub] = picture["hubs"]
        assert not hub["is_main"]
    assert program.poll() is None


# -- who may, and whom -----------------------------------------------------------


def test_a_number_that_no_process_has_is_an_error(look: look_type) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    done = look("ps", process.pid)
    assert done.returncode == 1
    assert f"there is no process {process.pid}" in done.stderr


def test_one_that_has_ended_and_was_not_waited_for_is_an_error(look: look_type) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    done = look("ps", process.pid)
    process.wait()
    assert done.returncode == 1
    assert "has ended" in done.stderr


def test_a_process_without_gevent_is_left_alone(
    start: start_type, look: look_type
) -> None:
    program = start("print('ready', flush=True); import time; time.sleep(1000)")
    done = look("ps", program.pid)
    assert done.returncode == 1
    assert "has not imported gevent" in done.stderr
    assert program.poll() is None


def test_another_program_that_handles_the_signal_is_left_alone(
    start: start_type, look: look_type
) -> None:
    program = start(
        f"""
        import signal, time
        signal.signal({SIGNAL}, lambda *_: print("signalled", flush=True))
        print("ready", flush=True)
        input()
        """
    )
    assert look("ps", program.pid).returncode == 1
    assert program.communicate("\n")[0] == ""


def test_a_process_that_does_not_want_it_is_left_alone(
    start: start_type, look: look_type
) -> None:
    program = start(IDLES, env=environment(GEVENT_INSPECTABLE="0"))
    done = look("ps", program.pid)
    assert done.returncode == 1
    assert "GEVENT_INSPECTABLE" in done.stderr
    assert program.poll() is None


@pytest.mark.slow
def test_one_without_a_free_descriptor_is_an_error(
    start: start_type, look: look_type
) -> None:
    program = start(
        """
        import os, resource, sys, time
        import gevent
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        held = []
        try:
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            print("ready", flush=True)
        time.sleep(1000)
        """
    )
    finished = look("ps", program.pid)
    assert finished.returncode == 1
    assert "all of its 64 descriptors are in use" in finished.stderr


@pytest.mark.slow
def test_a_foreign_handler_is_called_a_few_times_only(
    start: start_type, look: look_type
) -> None:
    program = start(
        """
        import signal, sys
        import gevent
        from gevent.sync.introspection.door import SIGNAL
        calls = []
        signal.signal(SIGNAL, lambda *_: calls.append(1))
        print("ready", flush=True)
        sys.stdin.readline()
        print(len(calls), flush=True)
        """
    )
    look("ps", program.pid)
    program.stdin.write("\n")
    program.stdin.flush()
    assert int(program.stdout.readline()) <= 8


def test_a_thread_is_not_a_process(start: start_type, look: look_type) -> None:
    program = start(
        """
        import threading, gevent
        threading.Thread(target=input, daemon=True).start()
        print("ready", flush=True)
        gevent.sleep(1000)
        """
    )
    [thread] = set(map(int, os.listdir(f"/proc/{program.pid}/task"))) - {program.pid}
    done = look("ps", thread)
    assert done.returncode == 1
    assert f"ask process {program.pid}" in done.stderr


def test_a_stopped_process_is_not_waited_for(
    start: start_type, look: look_type
) -> None:
    program = start(IDLES)
    program.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, program.pid, os.WSTOPPED | os.WNOWAIT)
    done = look("ps", program.pid)
    assert done.returncode == 1
    assert "is stopped" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may change its user")
def test_another_user_may_not_look(start: start_type) -> None:
    program = start(IDLES)
    child = os.fork()
    if child == 0:
        os.setresuid(12345, 12345, 12345)
        try:
            find_target(program.pid)
        except CannotLook as error:
            os._exit(7 if "another user" in str(error) else 1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may change its user")
def test_root_may_look_into_processes_of_others(
    start: start_type, look: look_type
) -> None:
    program = start(
        f"""
        import gevent, os
        # All that is needed is read while that is allowed.
        gevent.get_hub()
        import gevent.sync.introspection.requests
        os.setgroups([])
        os.setresgid(12345, 12345, 12345)
        os.setresuid(12345, 12345, 12345)
        {textwrap_of(IDLES)}
        """
    )
    picture = picture_of(look("ps", program.pid, "--json"))
    assert len(picture["hubs"]) == 1


def textwrap_of(code: str) -> str:
    """The same code, as deep as a literal inside of a function."""
    return code.replace("\n", "\n    ").strip()


# -- at the same time, and in the middle ----------------------------------------------


def test_two_may_look_at_once(start: start_type) -> None:
    program = start(IDLES)
    words = [sys.executable, "-m", "gevent", "ps", str(program.pid)]
    commands = [
        subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    texts = [command.communicate()[0] for command in commands]
    assert [command.returncode for command in commands] == [0, 0]
    assert all("idle" in text for text in texts)


def test_one_that_is_killed_meanwhile_is_an_error(
    start: start_type, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = start(READS_IN_C.format(dll="CDLL"))
    pause = Asker._pause

    def kill_and_pause(asker: Asker, seconds: float) -> None:
        program.kill()
        os.waitid(os.P_PID, program.pid, os.WEXITED | os.WNOWAIT)
        pause(asker, seconds)

    monkeypatch.setattr(Asker, "_pause", kill_and_pause)
    with Asker(find_target(program.pid)) as asker, pytest.raises(CannotLook) as caught:
        asker.ask(False, 60)
    assert "ended" in str(caught.value)


def test_one_that_starts_another_program_meanwhile_is_not_signalled(
    start: start_type,
) -> None:
    program = start(
        """
        import gevent, os, sys
        print("ready", flush=True)
        sys.stdin.readline()
        code = "print('other', flush=True); input(); print('alive', flush=True)"
        os.execv(sys.executable, [sys.executable, "-c", code])
        """
    )
    with Asker(find_target(program.pid)) as asker:
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write("go\n")
        program.stdin.flush()
        assert program.stdout.readline() == "other\n"
        with pytest.raises(CannotLook):
            asker.ask(False, 60)
    assert program.communicate("\n")[0] == "alive\n"


def test_what_a_killed_command_left_is_removed_by_the_next(
    start: start_type, look: look_type
) -> None:
    program = start(IDLES)
    words = [sys.executable, "-m", "gevent", "top", str(program.pid), "-d", "1000"]
    top = subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE)
    assert top.stdout is not None
    top.stdout.readline()
    top.kill()
    top.communicate()
    # Now, or by another command that happens to run.
    assert look("ps", program.pid).returncode == 0
    assert folders_for(program.pid) == []


def test_a_forked_child_is_seen_too(start: start_type, look: look_type) -> None:
    program = start(
        """
        import gevent, os
        gevent.sleep(0)
        if os.fork() == 0:
            print("ready", flush=True)
            print(os.getpid(), flush=True)
            def of_the_child():
                gevent.sleep(1000)
            gevent.spawn(of_the_child).join()
        os.wait()
        """
    )
    assert program.stdout is not None
    child = int(program.stdout.readline())
    try:
        done = look("ps", child)
        assert "of_the_child" in done.stdout, done.stderr
    finally:
        os.kill(child, signal.SIGKILL)


# -- how it is shown --------------------------------------------------------------


def test_top_looks_again_and_again_and_prints_plain_text(
    start: start_type, look: look_type
) -> None:
    program = start(IDLES)
    done = look("top", program.pid, "-n", "2", "-d", "0.01")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("COUNT") == 2
    assert "switches per second" in done.stdout
    assert "\x1b" not in done.stdout


def test_names_cannot_steer_the_terminal(start: start_type, look: look_type) -> None:
    program = start(
        r"""
        import gevent
        greenlet = gevent.spawn(gevent.sleep, 1000)
        greenlet.name = "\x1b[31mred\nline"
        gevent.sleep(0)
        print("ready", flush=True)
        greenlet.join()
        """
    )
    done = look("ps", program.pid)
    assert "?[31mred?line" in done.stdout


def test_who_reads_only_the_beginning_makes_no_noise(start: start_type) -> None:
    program = start(IDLES)
    command = subprocess.Popen(
        [sys.executable, "-m", "gevent", "top", str(program.pid), "-d", "0.01"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.readline()
    command.stdout.close()
    assert command.stderr.read() == b""
    command.stderr.close()
    assert command.wait() == 0


@pytest.mark.parametrize("words", [(), ("ps",), ("stack",), ("top",)])
def test_help_says_what_there_is(look: look_type, words: tuple[str, ...]) -> None:
    done = look(*words, "--help")
    assert done.returncode == 0
    assert "Exit status" in done.stdout


@pytest.mark.parametrize("words", [(), ("ps",), ("ps", "x"), ("top", "1", "-d", "0")])
def test_wrong_arguments_are_status_2(look: look_type, words: tuple[str, ...]) -> None:
    assert look(*words).returncode == 2


def test_a_command_may_look_at_a_program_with_threads(
    start: start_type, look: look_type
) -> None:
    assert threading.active_count() >= 1
    program = start(
        """
        import gevent, threading
        def run():
            def in_thread():
                gevent.sleep(1000)
            gevent.spawn(in_thread)
            print("ready", flush=True)
            while True:
                gevent.sleep(0)
        threading.Thread(target=run, daemon=True).start()
        gevent.sleep(1000)
        """
    )
    picture = picture_of(look("ps", program.pid, "--json"))
    assert len(picture["hubs"]) == 2
    names = [each["name"] for each in picture["greenlets"]]
    assert "run.<locals>.in_thread" in names


def test_a_link_in_the_place_of_a_folder_is_not_followed_when_it_is_removed(
    start: start_type, tmp_path: Path
) -> None:
    program = start(IDLES)
    (tmp_path / "answer").write_text("kept")
    with Asker(find_target(program.pid)) as asker:
        asker.ask(False, 60)
        path = Path(asker._path)
        path.rmdir()
        path.symlink_to(tmp_path)
    path.unlink()
    assert (tmp_path / "answer").read_text() == "kept"
