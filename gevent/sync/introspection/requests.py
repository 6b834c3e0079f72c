"""Answering who looks in: a private folder with a request, and then with the answer.

The folder is ``gevent-look-<asked pid>-<asking pid>`` below ``/run/user/<uid>`` or
``/tmp``. Who asks makes it, writes ``request``, sends the signal, and removes all of it
in the end. Files and no socket: writing never blocks the program that is asked, however
slow the other one is, and nothing can be sent to it.

* LOOK1  A folder counts only if it belongs to the effective user of this process, is no
  link, and is closed to everybody else. So that user made it, or root did; what is
  written into it is for nobody else.
* LOOK2  Files are opened below that folder by its descriptor, and links refused.
* LOOK3  The answer appears complete, by its renaming. If the folder has gone by then,
  nothing is written.
"""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, cast

from gevent.sync.introspection.snapshot import take_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

__all__ = ("BASES", "answer_all", "folder_prefix")

# Where folders are looked for; the first is missing on machines without logins.
BASES = ("/run/user/{uid}", "/tmp")

_LONGEST_REQUEST = 4096


def folder_prefix(pid: int) -> str:
    """Return how the names of folders begin that are for one process."""
    return f"gevent-look-{pid}-"


def answer_all(frame: FrameType | None) -> None:
    """Answer every request that waits.

    Args:
        frame: Where the current greenlet stands; None: nowhere, in a loop's poll.
    """
    for path in _folders():
        try:
            folder = os.open(
                path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            )
        except OSError:
            continue  # it has gone, or is none
        try:
            if _is_private(folder):
                _answer(folder, frame)
        except OSError:
            continue  # who asked has gone, or there is no room for an answer
        finally:
            os.close(folder)


def _folders() -> Iterator[str]:
    prefix = folder_prefix(os.getpid())
    for base in BASES:
        path = base.format(uid=os.geteuid())
        try:
            names = os.listdir(path)
        except OSError:
            continue
        yield from (f"{path}/{name}" for name in names if name.startswith(prefix))


def _is_private(folder: int) -> bool:
    """LOOK1."""
    status = os.fstat(folder)
    return status.st_uid == os.geteuid() and not status.st_mode & 0o077


def _answer(folder: int, frame: FrameType | None) -> None:
    request = _take_request(folder)
    if request is None:
        return
    try:
        picture: object = take_snapshot(bool(request.get("stacks")), frame)
    except Exception as error:  # last resort: it is told to who asked
        picture = {"error": f"{type(error).__name__}: {error}"}
    answer = {"number": request.get("number"), "picture": picture}
    data = memoryview(json.dumps(answer).encode())
    file = os.open(
        "answer.part",
        os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC,
        0o600,
        dir_fd=folder,
    )
    try:
        while data:
            data = data[os.write(file, data) :]
    finally:
        os.close(file)
    os.rename("answer.part", "answer", src_dir_fd=folder, dst_dir_fd=folder)


def _take_request(folder: int) -> dict[str, object] | None:
    """Read and remove the request; None: there is none (any more)."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    file = os.open("request", flags, dir_fd=folder)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            return None
        text = os.read(file, _LONGEST_REQUEST)
    finally:
        os.close(file)
    os.unlink("request", dir_fd=folder)
    try:
        request: object = json.loads(text)
    except ValueError:
        return None
    return cast("dict[str, object]", request) if isinstance(request, dict) else None
