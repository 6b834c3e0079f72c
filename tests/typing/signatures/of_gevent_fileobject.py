"""Every signature of ``gevent.fileobject``: pinned, so that a change is seen."""

from __future__ import annotations

from collections.abc import Iterable
from io import RawIOBase
from typing import Any, assert_type

from _typeshed import OpenBinaryMode, ReadableBuffer, WriteableBuffer
from typing_extensions import TypeVar

from gevent.fileobject import (
    ClosedIO,
    FileObjectBase,
    FileObjectBlock,
    FileObjectClosed,
    FileObjectPosix,
    FileObjectThread,
    _File,
    _TextMode,
)
from gevent.lock import DummySemaphore, Semaphore
from gevent.threadpool import ThreadPool

_Data = TypeVar("_Data", default=Any)


def fileobjectclosed_made() -> None:
    assert_type(FileObjectClosed(), FileObjectClosed)


def closedio_made(wrapped: object) -> None:
    assert_type(ClosedIO(wrapped), ClosedIO)


def fileobjectbase_io(it: FileObjectBase[_Data]) -> None:
    assert_type(it.io, Any)


def fileobjectbase_closed(it: FileObjectBase[_Data]) -> None:
    assert_type(it.closed, bool)


def fileobjectbase_close(it: FileObjectBase[_Data]) -> None:
    assert_type(it.close(), None)


def fileobjectbase_fileno(it: FileObjectBase[_Data]) -> None:
    assert_type(it.fileno(), int)


def fileobjectbase_flush(it: FileObjectBase[_Data]) -> None:
    assert_type(it.flush(), None)


def fileobjectbase_read(it: FileObjectBase[_Data], size: int | None) -> None:
    assert_type(it.read(size), _Data)


def fileobjectbase_read1(it: FileObjectBase[_Data], size: int) -> None:
    assert_type(it.read1(size), bytes)


def fileobjectbase_readable(it: FileObjectBase[_Data]) -> None:
    assert_type(it.readable(), bool)


def fileobjectbase_readinto(it: FileObjectBase[_Data], buffer: WriteableBuffer) -> None:
    assert_type(it.readinto(buffer), int)


def fileobjectbase_readline(it: FileObjectBase[_Data], size: int | None) -> None:
    assert_type(it.readline(size), _Data)


def fileobjectbase_readlines(it: FileObjectBase[_Data], hint: int) -> None:
    assert_type(it.readlines(hint), list[_Data])


def fileobjectbase_seek(it: FileObjectBase[_Data], offset: int, whence: int) -> None:
    assert_type(it.seek(offset, whence), int)


def fileobjectbase_seekable(it: FileObjectBase[_Data]) -> None:
    assert_type(it.seekable(), bool)


def fileobjectbase_tell(it: FileObjectBase[_Data]) -> None:
    assert_type(it.tell(), int)


def fileobjectbase_truncate(it: FileObjectBase[_Data], size: int | None) -> None:
    assert_type(it.truncate(size), int)


def fileobjectbase_writable(it: FileObjectBase[_Data]) -> None:
    assert_type(it.writable(), bool)


def fileobjectbase_write(it: FileObjectBase[bytes], data: ReadableBuffer) -> None:
    assert_type(it.write(data), int)


def fileobjectbase_write_2(it: FileObjectBase[_Data], data: _Data) -> None:
    assert_type(it.write(data), int)


def fileobjectbase_writelines(
    it: FileObjectBase[bytes], lines: Iterable[ReadableBuffer]
) -> None:
    assert_type(it.writelines(lines), None)


def fileobjectbase_writelines_2(
    it: FileObjectBase[_Data], lines: Iterable[_Data]
) -> None:
    assert_type(it.writelines(lines), None)


def fileobjectbase_entered(it: FileObjectBase[_Data]) -> None:
    assert_type(it.__enter__(), FileObjectBase[_Data])


def fileobjectbase_next_item(it: FileObjectBase[_Data]) -> None:
    assert_type(next(it), _Data)


def fileobjectbase_next(it: FileObjectBase[_Data]) -> None:
    assert_type(it.next(), _Data)


def fileobjectposix_default_bufsize(it: FileObjectPosix[_Data]) -> None:
    assert_type(it.default_bufsize, int)


def fileobjectposix_fileio(it: FileObjectPosix[_Data]) -> None:
    assert_type(it.fileio, RawIOBase | None)


def fileobjectposix_made(
    fobj: _File,
    mode: _TextMode,
    buffering: int,
    closefd: bool,
    encoding: str | None,
    errors: str | None,
    newline: str | None,
) -> None:
    assert_type(
        FileObjectPosix(fobj, mode, buffering, closefd, encoding, errors, newline),
        FileObjectPosix[str],
    )


def fileobjectposix_made_2(
    fobj: _File,
    mode: OpenBinaryMode,
    buffering: int,
    closefd: bool,
    encoding: str | None,
    errors: str | None,
    newline: str | None,
) -> None:
    assert_type(
        FileObjectPosix(fobj, mode, buffering, closefd, encoding, errors, newline),
        FileObjectPosix[bytes],
    )


def fileobjectposix_made_3(
    fobj: _File,
    mode: str,
    buffering: int,
    closefd: bool,
    encoding: str | None,
    errors: str | None,
    newline: str | None,
) -> None:
    assert_type(
        FileObjectPosix(fobj, mode, buffering, closefd, encoding, errors, newline),
        FileObjectPosix[Any],
    )


def fileobjectblock_made(
    fobj: _File,
    mode: _TextMode,
    buffering: int,
    closefd: bool,
    encoding: str | None,
    errors: str | None,
    newline: str | None,
) -> None:
    assert_type(
        FileObjectBlock(fobj, mode, buffering, closefd, encoding, errors, newline),
        FileObjectBlock[str],
    )


def fileobjectblock_made_2(
    fobj: _File,
    mode: OpenBinaryMode,
    buffering: int,
    closefd: bool,
    encoding: str | None,
    errors: str | None,
    newline: str | None,
) -> None:
    assert_type(
        FileObjectBlock(fobj, mode, buffering, closefd, encoding, errors, newline),
        FileObjectBlock[bytes],
    )


def fileobjectblock_made_3(
    fobj: _File,
    mode: str,
    buffering: int,
    closefd: bool,
    encoding: str | None,
    errors: str | None,
    newline: str | None,
) -> None:
    assert_type(
        FileObjectBlock(fobj, mode, buffering, closefd, encoding, errors, newline),
        FileObjectBlock[Any],
    )


def fileobjectthread_lock(it: FileObjectThread[_Data]) -> None:
    assert_type(it.lock, Semaphore | DummySemaphore)


def fileobjectthread_threadpool(it: FileObjectThread[_Data]) -> None:
    assert_type(it.threadpool, ThreadPool)


def fileobjectthread_made(
    fobj: _File,
    mode: _TextMode,
    buffering: int,
    closefd: bool,
    encoding: str | None,
    errors: str | None,
    newline: str | None,
    *,
    lock: bool | Semaphore | DummySemaphore,
    threadpool: ThreadPool | None,
) -> None:
    assert_type(
        FileObjectThread(
            fobj,
            mode,
            buffering,
            closefd,
            encoding,
            errors,
            newline,
            lock=lock,
            threadpool=threadpool,
        ),
        FileObjectThread[str],
    )


def fileobjectthread_made_2(
    fobj: _File,
    mode: OpenBinaryMode,
    buffering: int,
    closefd: bool,
    encoding: str | None,
    errors: str | None,
    newline: str | None,
    *,
    lock: bool | Semaphore | DummySemaphore,
    threadpool: ThreadPool | None,
) -> None:
    assert_type(
        FileObjectThread(
            fobj,
            mode,
            buffering,
            closefd,
            encoding,
            errors,
            newline,
            lock=lock,
            threadpool=threadpool,
        ),
        FileObjectThread[bytes],
    )


def fileobjectthread_made_3(
    fobj: _File,
    mode: str,
    buffering: int,
    closefd: bool,
    encoding: str | None,
    errors: str | None,
    newline: str | None,
    *,
    lock: bool | Semaphore | DummySemaphore,
    threadpool: ThreadPool | None,
) -> None:
    assert_type(
        FileObjectThread(
            fobj,
            mode,
            buffering,
            closefd,
            encoding,
            errors,
            newline,
            lock=lock,
            threadpool=threadpool,
        ),
        FileObjectThread[Any],
    )
