"""Asking a running process for a picture of its greenlets.

The other side, and what is in the folder between the two: ``door`` and ``requests`` in
``gevent.sync.introspection``. Nothing is sent to a process before it is certain that it
is of the same user (or we are root), and that it handles the signal: without a handler
it would be killed by it.
"""

from __future__ import annotations

import json
import os
import re
import select
import signal as signals
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, cast, final

from gevent.sync.introspection.door import SIGNAL
from gevent.sync.introspection.requests import BASES, folder_prefix

if TYPE_CHECKING:
    from typing import Self

    from gevent.sync.introspection.snapshot import Snapshot

__all__ = ("Asker", "Blocked", "CannotLook", "Target", "find_target")

# Seconds without an answer after which C code is supposed to be in the way.
PATIENCE = 1.0
# Seconds between two signals: a coming answer that was in the way of itself, such as by
# an import that was under way, is asked for again.
AGAIN = 0.25
# Seconds between two looks for the answer: first and longest.
FIRST_LOOK = 0.002
LONGEST_LOOK = 0.05


class CannotLook(Exception):
    """The process cannot be looked into; the text says why, and what to do."""


@final
class Blocked(TypedDict):
    """What is known of a process that runs no Python code."""

    pid: int
    state: str
    c_functions: list[str]
    python_functions: list[str]


@dataclass(frozen=True)
class Target:
    """A process that may be asked.

    Attributes:
        pid: Its number.
        uid: Its user.
        state: One letter and a word, as the kernel says.
    """

    pid: int
    uid: int
    state: str


def find_target(pid: int) -> Target:
    """Return the process with a number, after making sure that it may be asked.

    Raises:
        CannotLook: There is none, it is somebody else's, or it does not answer.
    """
    fields = _read_status(pid)
    state = fields["State"]
    if state[0] in "ZX":
        raise CannotLook(f"process {pid} has ended")
    if int(fields["Tgid"]) != pid:
        raise CannotLook(f"{pid} is a thread; ask process {fields['Tgid']}")
    if len(fields.get("NSpid", "").split()) > 1:
        raise CannotLook(
            f"process {pid} is in another pid namespace; ask from inside its container"
        )
    uids = {int(uid) for uid in fields["Uid"].split()}
    own = os.geteuid()
    if own != 0 and uids != {own}:
        raise CannotLook(
            f"process {pid} belongs to another user; only that user and root may look"
        )
    if not SIGNAL or not int(fields["SigCgt"], 16) >> (SIGNAL - 1) & 1:
        raise CannotLook(
            f"process {pid} has not imported gevent, or not in its main thread, or "
            "GEVENT_INSPECTABLE says no, or something else took the signal"
        )
    if not _may_have_gevent(pid):
        raise CannotLook(f"process {pid} has not imported gevent")
    if state[0] in "Tt":
        raise CannotLook(f"process {pid} is stopped; continue it (kill -CONT {pid})")
    return Target(pid, int(fields["Uid"].split()[1]), state)


def _read_status(pid: int) -> dict[str, str]:
    try:
        with open(f"/proc/{pid}/status") as file:
            lines = file.read().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        if not os.path.exists("/proc/self/status"):
            raise CannotLook("looking into a process needs Linux's /proc") from None
        raise CannotLook(f"there is no process {pid}") from None
    return {
        key: value.strip() for key, _, value in (line.partition(":") for line in lines)
    }


def _may_have_gevent(pid: int) -> bool:
    """Whether it has loaded greenlet: another program may handle the signal, too."""
    try:
        with open(f"/proc/{pid}/maps", errors="replace") as file:
            return re.search(r"/_greenlet\.|pypy", file.read()) is not None
    except OSError:
        return False


class Asker:
    """Asks one process, once or again and again; a context manager.

    Args:
        target: Whom.

    Raises:
        CannotLook: There is no place for the answer.
    """

    def __init__(self, target: Target):
        self._target = target
        self._number = 0
        self._process = -1
        self._folder = -1
        self._path = ""
        self._gap = AGAIN

    def __enter__(self) -> Self:
        try:
            try:
                self._process = os.pidfd_open(self._target.pid)
            except ProcessLookupError:
                raise CannotLook(f"there is no process {self._target.pid}") from None
            # Now the number means this very process, which is the one to be checked.
            find_target(self._target.pid)
            self._make_folder()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._close()

    # -- the folder -------------------------------------------------------------------

    def _make_folder(self) -> None:
        target = self._target
        base = self._base()
        _sweep(base)
        path = f"{base}/{folder_prefix(target.pid)}{os.getpid()}"
        try:
            os.mkdir(path, 0o700)
        except FileExistsError:
            raise CannotLook(f"{path} is in the way; remove it") from None
        except OSError as error:
            raise CannotLook(f"cannot make {path}: {error.strerror}") from error
        self._path = path
        self._folder = _open_folder(path)
        os.fchmod(self._folder, 0o700)
        if target.uid != os.geteuid():
            os.fchown(self._folder, target.uid, -1)

    def _base(self) -> str:
        for base in BASES:
            path = base.format(uid=self._target.uid)
            with suppress(OSError):
                status = os.stat(path)
                is_own = status.st_uid == self._target.uid
                if os.access(path, os.W_OK) and (
                    is_own or status.st_mode & stat.S_ISVTX
                ):
                    return path
        raise CannotLook(f"there is no place for the answer: neither of {BASES}")

    def _close(self) -> None:
        if self._folder >= 0:
            _remove_folder(self._path, self._folder)
            os.close(self._folder)
            self._folder = -1
        if self._process >= 0:
            os.close(self._process)
            self._process = -1

    # -- asking ---------------------------------------------------------------------

    def ask(self, with_stacks: bool, timeout: float) -> Snapshot | Blocked:
        """Return what the process says, or where it stands if it cannot say anything.

        Args:
            with_stacks: Whether to ask for the stack of each greenlet.
            timeout: Seconds to wait for an answer at most.

        Raises:
            CannotLook: It ended meanwhile, does not handle the signal any more, or
                could not make a picture, or has no descriptor left to answer with.
        """
        self._number += 1
        self._gap = AGAIN
        request = {"number": self._number, "stacks": with_stacks}
        self._write("request", json.dumps(request).encode())
        began = time.monotonic()
        end = began + timeout
        picture = self._wait(min(end, began + PATIENCE), "answer")
        position: str | None = None
        if picture is None:
            self._demand_descriptor()
            self._write("position", b"")
            position = self._wait(min(end, time.monotonic() + PATIENCE), "position")
            self._unlink("position")
            picture = self._wait(end, "answer")
        self._unlink("request")
        if picture is not None:
            return self._read_picture(picture)
        return self._describe_blocked(position or "")

    def _wait(self, deadline: float, name: str) -> str | None:
        """Signal until a file is complete, or the time is over; return its text."""
        delay = FIRST_LOOK
        signalled = 0.0
        while True:
            now = time.monotonic()
            if not signalled:
                self._signal()
                signalled = now
            elif now - signalled >= self._gap:
                # Less and less often: the handler may be somebody else's.
                self._gap *= 2
                self._signal()
                signalled = now
            text = self._read(name)
            if text and (name != "position" or text.endswith("end\n")):
                return text
            if now >= deadline:
                return None
            self._pause(min(delay, max(0.0, deadline - now)))
            delay = min(delay * 2, LONGEST_LOOK)

    def _signal(self) -> None:
        # It may have started another program, or changed its user.
        find_target(self._target.pid)
        try:
            signals.pidfd_send_signal(self._process, SIGNAL)
        except ProcessLookupError:
            raise CannotLook(f"process {self._target.pid} has ended") from None
        except PermissionError:
            raise CannotLook(f"process {self._target.pid} may not be asked") from None

    def _demand_descriptor(self) -> None:
        """Without one it can neither answer nor say where it stands."""
        process = f"/proc/{self._target.pid}"
        try:
            with open(f"{process}/limits") as file:
                limits = re.search(r"^Max open files +(\d+)", file.read(), re.MULTILINE)
            n_open = len(os.listdir(f"{process}/fd"))
        except OSError:
            return
        if limits is not None and n_open >= int(limits[1]):
            raise CannotLook(
                f"process {self._target.pid} cannot answer: all of its {n_open} "
                "descriptors are in use; raise its limit (prlimit --nofile)"
            )

    def _pause(self, seconds: float) -> None:
        """Wait, but not longer than the process lives."""
        poll = select.poll()
        poll.register(self._process, select.POLLIN)
        if poll.poll(seconds * 1000):
            raise CannotLook(f"process {self._target.pid} ended before it answered")

    # -- files -----------------------------------------------------------------------

    def _write(self, name: str, data: bytes) -> None:
        self._unlink(name)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        file = os.open(name, flags, 0o600, dir_fd=self._folder)
        try:
            os.write(file, data)
            if self._target.uid != os.geteuid():
                os.fchown(file, self._target.uid, -1)
        finally:
            os.close(file)

    def _read(self, name: str) -> str | None:
        """Return the text of a file that the process has written; None: none yet."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            file = os.open(name, flags, dir_fd=self._folder)
        except OSError:
            return None
        with open(file, "rb") as reader:
            status = os.fstat(file)
            if not stat.S_ISREG(status.st_mode) or status.st_uid != self._target.uid:
                raise CannotLook(
                    f"somebody else answered for process {self._target.pid}"
                )
            return reader.read().decode(errors="replace")

    def _unlink(self, name: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._folder)

    # -- what it says ------------------------------------------------------------------

    def _read_picture(self, text: str) -> Snapshot:
        self._unlink("answer")
        try:
            answer = json.loads(text)
            picture: dict[str, object] = answer["picture"]
        except (ValueError, KeyError, TypeError):
            raise CannotLook(
                f"process {self._target.pid} answers in a way that is not understood; "
                "it has another version of gevent"
            ) from None
        if "error" in picture:
            raise CannotLook(
                f"process {self._target.pid} failed to look into itself: "
                f"{picture['error']}"
            )
        return cast("Snapshot", picture)

    def _describe_blocked(self, position: str) -> Blocked:
        lines = position.splitlines()
        return {
            "pid": self._target.pid,
            "state": _read_status(self._target.pid)["State"],
            "c_functions": _until_interpreter(
                [line[2:] for line in lines if line.startswith("c ")]
            ),
            "python_functions": [
                line[7:] for line in lines if line.startswith("python ")
            ],
        }


def _open_folder(path: str) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


def _remove_folder(path: str, folder: int) -> None:
    """Remove an open folder with what may be in it.

    By its descriptor: root gives folders away, and their owners may put links there.
    """
    # Three times: an answer may be written at this moment.
    for _ in range(3):
        for name in ("request", "position", "answer.part", "answer"):
            with suppress(OSError):
                os.unlink(name, dir_fd=folder)
        try:
            os.rmdir(path)
        except FileNotFoundError:
            return
        except OSError:
            continue
        return


def _sweep(base: str) -> None:
    """Remove the folders of ours whose makers were killed."""
    for name in os.listdir(base):
        match = re.fullmatch(r"gevent-look-\d+-(\d+)", name)
        if match is None:
            continue
        maker = int(match[1])
        if maker == os.getpid() or not os.path.exists(f"/proc/{maker}"):
            with suppress(OSError):
                _remove_if_ours(f"{base}/{name}")


def _remove_if_ours(path: str) -> None:
    folder = _open_folder(path)
    try:
        if os.fstat(folder).st_uid == os.geteuid():
            _remove_folder(path, folder)
    finally:
        os.close(folder)


def _until_interpreter(functions: list[str]) -> list[str]:
    """Drop what called the innermost Python function."""
    for number, function in enumerate(functions):
        if function.startswith("_PyEval_EvalFrameDefault"):
            return functions[:number]
    return functions
