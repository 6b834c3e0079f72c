from collections.abc import Iterable
from io import RawIOBase
from types import GenericAlias
from typing import Any, ClassVar, Generic, Literal, Self, TypeAlias, overload

from _typeshed import (
    FileDescriptorOrPath,
    HasFileno,
    OpenBinaryMode,
    OpenTextMode,
    ReadableBuffer,
    WriteableBuffer,
)
from typing_extensions import TypeVar

from gevent.lock import DummySemaphore, Semaphore
from gevent.threadpool import ThreadPool

__all__ = ("FileObjectPosix", "FileObjectThread", "FileObjectBlock", "FileObject")

# What the file gives: str or bytes.
_Data = TypeVar("_Data", default=Any)
_File: TypeAlias = FileDescriptorOrPath | HasFileno
_TextMode: TypeAlias = OpenTextMode | Literal["U", "rU"]

class FileObjectClosed(OSError):
    def __init__(self) -> None: ...

class ClosedIO:
    def __init__(self, wrapped: object) -> None: ...
    def __getattr__(self, name: str) -> object: ...

class FileObjectBase(Generic[_Data]):
    # One of the io module, or whatever takes its place.
    io: Any
    def __init__(self, wrapped: object) -> None: ...
    @classmethod
    def __class_getitem__(cls, item: object, /) -> GenericAlias: ...
    @property
    def closed(self) -> bool: ...
    def close(self) -> None: ...
    def fileno(self) -> int: ...
    def flush(self) -> None: ...
    def read(self, size: int | None = -1, /) -> _Data: ...
    def read1(self, size: int = -1, /) -> bytes: ...
    def readable(self) -> bool: ...
    def readinto(self, buffer: WriteableBuffer, /) -> int: ...
    def readline(self, size: int | None = -1, /) -> _Data: ...
    def readlines(self, hint: int = -1, /) -> list[_Data]: ...
    def seek(self, offset: int, whence: int = 0, /) -> int: ...
    def seekable(self) -> bool: ...
    def tell(self) -> int: ...
    def truncate(self, size: int | None = None, /) -> int: ...
    def writable(self) -> bool: ...
    @overload
    def write(self: FileObjectBase[bytes], data: ReadableBuffer, /) -> int: ...
    @overload
    def write(self, data: _Data, /) -> int: ...
    @overload
    def writelines(
        self: FileObjectBase[bytes], lines: Iterable[ReadableBuffer], /
    ) -> None: ...
    @overload
    def writelines(self, lines: Iterable[_Data], /) -> None: ...
    # Whatever else the wrapped object has.
    def __getattr__(self, name: str) -> Any: ...
    def __bool__(self) -> Literal[True]: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *args: object) -> None: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> _Data: ...
    def next(self) -> _Data: ...

class FileObjectPosix(FileObjectBase[_Data]):
    default_bufsize: ClassVar[int]
    fileio: RawIOBase | None
    @overload
    def __init__(
        self: FileObjectPosix[str],
        fobj: _File,
        mode: _TextMode = "r",
        buffering: int = -1,
        closefd: bool = True,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: FileObjectPosix[bytes],
        fobj: _File,
        mode: OpenBinaryMode,
        buffering: int = -1,
        closefd: bool = True,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: FileObjectPosix[Any],
        fobj: _File,
        mode: str,
        buffering: int = -1,
        closefd: bool = True,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> None: ...

class FileObjectBlock(FileObjectBase[_Data]):
    @overload
    def __init__(
        self: FileObjectBlock[str],
        fobj: _File,
        mode: _TextMode = "r",
        buffering: int = -1,
        closefd: bool = True,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: FileObjectBlock[bytes],
        fobj: _File,
        mode: OpenBinaryMode,
        buffering: int = -1,
        closefd: bool = True,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: FileObjectBlock[Any],
        fobj: _File,
        mode: str,
        buffering: int = -1,
        closefd: bool = True,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> None: ...

class FileObjectThread(FileObjectBase[_Data]):
    lock: Semaphore | DummySemaphore
    threadpool: ThreadPool
    @overload
    def __init__(
        self: FileObjectThread[str],
        fobj: _File,
        mode: _TextMode = "r",
        buffering: int = -1,
        closefd: bool = True,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        *,
        lock: bool | Semaphore | DummySemaphore = True,
        threadpool: ThreadPool | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: FileObjectThread[bytes],
        fobj: _File,
        mode: OpenBinaryMode,
        buffering: int = -1,
        closefd: bool = True,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        *,
        lock: bool | Semaphore | DummySemaphore = True,
        threadpool: ThreadPool | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: FileObjectThread[Any],
        fobj: _File,
        mode: str,
        buffering: int = -1,
        closefd: bool = True,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        *,
        lock: bool | Semaphore | DummySemaphore = True,
        threadpool: ThreadPool | None = None,
    ) -> None: ...

# The class that the setting ``fileobject`` names, this one unless changed.
FileObject = FileObjectPosix
