"""Files, child processes, signals."""

from __future__ import annotations

import subprocess as stdlib
from typing import Any, assert_type

import gevent
from gevent import os, signal, subprocess
from gevent.fileobject import FileObject, FileObjectBlock, FileObjectThread


def files(fd: int, mode: str) -> None:
    """File objects."""
    with FileObject(fd) as text, FileObject(fd, "wb", 0) as binary:
        assert_type(text.read(), str)
        assert_type(text.readlines(), list[str])
        assert_type(next(text), str)
        assert_type(binary.read(1), bytes)
        assert_type(binary.write(bytearray(1)), int)
        text.write(b"x")  # type: ignore[arg-type]  # it is a text file
    for line in FileObjectBlock("path", "rb"):
        assert_type(line, bytes)
    assert_type(FileObjectThread("path", lock=False).readline(), str)
    assert_type(FileObject(fd, mode).read(), Any)
    FileObject(None)  # type: ignore[call-overload]  # no file


def processes() -> None:
    """Child processes."""
    with subprocess.Popen(["true"], stdout=subprocess.PIPE) as process:
        assert_type(process, subprocess.Popen[bytes])
        assert_type(process.communicate(b"x", timeout=1), tuple[bytes, bytes])
        assert_type(process.wait(), int)
        assert_type(process.poll(), int | None)
        assert_type(process.result.get(), int)
        process.rawlink(print)
        assert_type(gevent.wait([process]), list[subprocess.Popen[bytes]])
    assert_type(subprocess.run(["true"], text=True), stdlib.CompletedProcess[str])
    assert_type(subprocess.check_output(["true"]), bytes)
    assert_type(subprocess.call(["true"]), int)


def descriptors(fd: int) -> None:
    """``gevent.os``."""
    assert_type(os.nb_read(fd, 1), bytes)
    assert_type(os.nb_write(fd, b"x"), int)
    assert_type(os.tp_read(fd, 1), bytes)
    assert_type(os.tp_write(fd, b"x"), int)
    assert_type(os.waitpid(os.fork(), 0), tuple[int, int])
    assert_type(os.forkpty(), tuple[int, int])
    assert_type(os.dup2(0, 1), int)
    assert_type(os.closerange(3, 4), None)
    assert_type(os.posix_spawn("/bin/true", ["true"], {}), int)
    assert_type(os.getpid(), int)


def signals(fd: int) -> None:
    """``gevent.signal``."""
    assert_type(signal.set_wakeup_fd(fd), int)
    before = signal.signal(signal.SIGCHLD, signal.getsignal(signal.SIGCHLD))
    signal.signal(signal.SIGCHLD, before)
