"""The signal by which others look in: whose it is, and what may be written where."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

import gevent
from gevent.sync.introspection import door, requests
from tests.commands.conftest import environment, start_type


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A private folder with a request for this process."""
    monkeypatch.setattr(requests, "BASES", (str(tmp_path),))
    made = tmp_path / f"gevent-look-{os.getpid()}-1"
    made.mkdir(mode=0o700)
    (made / "request").write_text(json.dumps({"number": 7, "stacks": True}))
    return made


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_a_request_is_answered_once(folder: Path) -> None:
    requests.answer_all(None)
    assert names(folder) == ["answer"]
    answer = json.loads((folder / "answer").read_text())
    assert answer["number"] == 7
    assert answer["picture"]["pid"] == os.getpid()
    (folder / "answer").unlink()
    requests.answer_all(None)
    assert names(folder) == []


def test_the_answer_is_for_its_owner_only(folder: Path) -> None:
    requests.answer_all(None)
    assert (folder / "answer").stat().st_mode & 0o777 == 0o600


def test_the_signal_is_answered_between_two_steps(folder: Path) -> None:
    os.kill(os.getpid(), door.SIGNAL)
    gevent.sleep(0)
    assert names(folder) == ["answer"]


def test_a_folder_that_others_can_open_is_not_answered(folder: Path) -> None:
    folder.chmod(0o750)
    requests.answer_all(None)
    assert names(folder) == ["request"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_folder_of_another_user_is_not_answered(folder: Path) -> None:
    os.chown(folder, 12345, -1)
    requests.answer_all(None)
    assert names(folder) == ["request"]


def test_a_link_to_a_folder_is_not_answered(folder: Path, tmp_path: Path) -> None:
    aside = folder.rename(tmp_path / "aside")
    folder.symlink_to(aside)
    requests.answer_all(None)
    assert names(aside) == ["request"]


def test_a_link_in_the_place_of_the_request_is_not_read(
    folder: Path, tmp_path: Path
) -> None:
    aside = (folder / "request").rename(tmp_path / "aside")
    (folder / "request").symlink_to(aside)
    requests.answer_all(None)
    assert names(folder) == ["request"]


def test_a_file_that_is_there_already_is_not_written(folder: Path) -> None:
    (folder / "answer.part").write_text("kept")
    requests.answer_all(None)
    assert (folder / "answer.part").read_text() == "kept"


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"'])
def test_a_request_that_means_nothing_is_dropped(folder: Path, text: str) -> None:
    (folder / "request").write_text(text)
    requests.answer_all(None)
    assert names(folder) == []


def test_a_folder_for_another_process_is_left_alone(
    folder: Path, tmp_path: Path
) -> None:
    other = folder.rename(tmp_path / f"gevent-look-{os.getpid()}1-1")
    requests.answer_all(None)
    assert names(other) == ["request"]


def test_what_fails_is_told_to_who_asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(requests, "take_snapshot", fail)
    requests.answer_all(None)
    picture = json.loads((folder / "answer").read_text())["picture"]
    assert picture == {"error": "RecursionError: too deep"}


# -- whose the signal is ---------------------------------------------------------


def test_importing_opens_the_door() -> None:
    assert signal.getsignal(door.SIGNAL) is door._answer


def test_the_setting_closes_and_opens_it(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        gevent.config.inspectable = False
        assert signal.getsignal(door.SIGNAL) == signal.SIG_DFL
    finally:
        gevent.config.inspectable = True
    assert signal.getsignal(door.SIGNAL) is door._answer


def test_a_handler_that_was_there_is_not_displaced(start: start_type) -> None:
    start(
        f"""
        import signal
        def mine(*_):
            pass
        signal.signal({door.SIGNAL}, mine)
        import gevent
        gevent.sleep(0)
        assert signal.getsignal({door.SIGNAL}) is mine
        gevent.config.inspectable = False
        assert signal.getsignal({door.SIGNAL}) is mine
        print("ready")
        """
    )


def test_a_signal_that_is_ignored_stays_so(start: start_type) -> None:
    start(
        f"""
        import signal
        signal.signal({door.SIGNAL}, signal.SIG_IGN)
        import gevent
        assert signal.getsignal({door.SIGNAL}) == signal.SIG_IGN
        print("ready")
        """
    )


def test_a_handler_that_is_set_later_gets_the_signal(start: start_type) -> None:
    start(
        f"""
        import os, signal
        import gevent
        seen = []
        signal.signal({door.SIGNAL}, lambda *_: seen.append(1))
        os.kill(os.getpid(), {door.SIGNAL})
        gevent.sleep(0)
        assert seen == [1]
        gevent.config.inspectable = False
        os.kill(os.getpid(), {door.SIGNAL})
        assert seen == [1, 1]
        print("ready")
        """
    )


def test_importing_in_another_thread_leaves_signals_alone(start: start_type) -> None:
    start(
        f"""
        import signal, threading
        def work():
            import gevent
            gevent.sleep(0)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert signal.getsignal({door.SIGNAL}) == signal.SIG_DFL
        print("ready")
        """
    )


def test_another_program_does_not_inherit_it(start: start_type) -> None:
    start(
        """
        import gevent, subprocess, sys
        code = "print(open('/proc/self/status').read())"
        text = subprocess.run([sys.executable, "-c", code], capture_output=True).stdout
        import re
        caught = int(re.search(rb"SigCgt:\\s*(\\w+)", text)[1], 16)
        ignored = int(re.search(rb"SigIgn:\\s*(\\w+)", text)[1], 16)
        from gevent.sync.introspection.door import SIGNAL
        assert not (caught | ignored) >> (SIGNAL - 1) & 1
        print("ready")
        """
    )


def test_it_keeps_nobody_waiting_for_ever(start: start_type) -> None:
    # LoopExit does not come while a handler could still wake the main greenlet.
    start(
        """
        import gevent
        from gevent.event import Event
        try:
            Event().wait()
        except gevent.hub.LoopExit:
            print("ready")
        """
    )


def test_importing_does_not_load_what_answers(start: start_type) -> None:
    start(
        """
        import gevent, sys
        assert "gevent.sync.introspection.requests" not in sys.modules
        assert "gevent.sync.introspection.snapshot" not in sys.modules
        print("ready")
        """
    )


def test_the_environment_can_say_no(start: start_type) -> None:
    start(
        f"""
        import signal, gevent
        assert signal.getsignal({door.SIGNAL}) == signal.SIG_DFL
        print("ready")
        """,
        env=environment(GEVENT_INSPECTABLE="no"),
    )


def test_an_interrupted_call_of_the_system_goes_on(start: start_type) -> None:
    program = start(
        """
        import os, gevent
        print("ready", flush=True)
        os.write(1, os.read(0, 10))
        """
    )
    program.send_signal(door.SIGNAL)
    assert program.communicate("text\n")[0] == "text\n"
