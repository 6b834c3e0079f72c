"""Files whose operations block the calling greenlet only: ``gevent.fileobject``.

Three ways to do that. :class:`FileObjectPosix` waits in the loop until the descriptor
is ready; :class:`FileObjectThread` does everything in native threads;
:class:`FileObjectBlock` does not do it, except for what would take long on regular
files, which is handed to a thread in all three.
"""

from __future__ import annotations

import io
import os
from errno import EBADF
from types import GenericAlias

from gevent._base.checking import TYPE_CHECKING, cast
from gevent._base.config import config
from gevent._base.publish import publish
from gevent.net.files.open_mode import OpenMode, parse_mode
from gevent.net.files.raw import PlainFile, RawFile, open_plain, open_raw, open_simple
from gevent.net.in_pool import call_in_pool, hub_pool
from gevent.sync.lock import DummySemaphore, Semaphore

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn, Self, TypeAlias

    from gevent.net.files.open_mode import Layered
    from gevent.net.in_pool import Threads

    Lock: TypeAlias = Semaphore | DummySemaphore


__all__ = ("FileObjectPosix", "FileObjectThread", "FileObjectBlock", "FileObject")

# What a file object has as far as the wrapped object has it.
_DELEGATED = frozenset(
    (
        "fileno",
        "flush",
        "read",
        "read1",
        "readable",
        "readinto",
        "readline",
        "readlines",
        "seek",
        "seekable",
        "tell",
        "truncate",
        "writable",
        "write",
        "writeall",
        "writelines",
    )
)


# Of these, what answers at once, whoever is inside an operation.
_ANSWERS = frozenset(("fileno", "readable", "seekable", "writable"))


class FileObjectClosed(OSError):
    """What every use of a closed file object gets."""

    def __init__(self) -> None:
        super().__init__(EBADF, f"{os.strerror(EBADF)} (FileObject was closed)")


class ClosedIO:
    """Stands for the wrapped object once that is closed; keeps its name."""

    def __init__(self, wrapped: object):
        name: object = getattr(wrapped, "name", None)
        if name is not None:
            self.name = name

    def __getattr__(self, name: str) -> NoReturn:
        if name == "name":
            raise AttributeError(name)
        raise FileObjectClosed


class FileObjectBase:
    """A file object around one of ``io``, which it may exchange.

    Methods of the wrapped object are looked up once and then kept in the instance:
    calling one costs what it costs on the wrapped object.

    Thread safety:
        One thread at a time.
    """

    _io: Layered | ClosedIO
    # A regular file below, on which operations take turns.
    _regular: PlainFile | None = None

    @classmethod
    def __class_getitem__(cls, item: object, /) -> GenericAlias:
        return GenericAlias(cls, item)

    def __init__(self, wrapped: Layered):
        self._io = wrapped

    @property
    def io(self) -> Layered | ClosedIO:
        """The wrapped object; may be replaced."""
        return self._io

    @io.setter
    def io(self, wrapped: Layered | ClosedIO) -> None:
        self._io = wrapped
        for name in _DELEGATED.intersection(self.__dict__):
            del self.__dict__[name]

    def __getattr__(self, name: str) -> object:
        if name == "_io":
            # The constructor failed.
            raise AttributeError(name)
        value: object = getattr(self._io, name)
        if name in _DELEGATED:
            if name not in _ANSWERS:
                value = self._wrap(cast("Callable[..., object]", value))
            self.__dict__[name] = value
        return value

    def _wrap(self, method: Callable[..., object]) -> Callable[..., object]:
        """Return what is called in place of a method of the wrapped object."""
        file = self._regular
        if file is None:
            return method
        # Below a decoder nothing is to switch; so it is done before.
        yields = file.is_decoded and method.__name__.startswith("read")

        def in_turn(*args: object, **kwargs: object) -> object:
            if file.n_calls:
                file.await_turn()  # switches
            if yields:
                file.let_others_run()  # switches
            return method(*args, **kwargs)  # switches

        in_turn.__name__ = method.__name__
        return in_turn

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called, or the wrapped object is closed."""
        return isinstance(self._io, ClosedIO)

    def close(self) -> None:
        """Flush and close; repeatable.

        Raises:
            OSError: Flushing failed; it is closed nevertheless.

        Blocking:
            Switches to the hub while something is left to write.
        """
        wrapped = self._io
        if not isinstance(wrapped, ClosedIO):
            self.io = ClosedIO(wrapped)
            self._do_close(wrapped)  # switches

    def _do_close(self, wrapped: Layered) -> None:
        wrapped.close()

    def __bool__(self) -> bool:
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str | bytes:
        """Return the next line.

        Raises:
            StopIteration: It is the end of the file.

        Blocking:
            As ``readline``.
        """
        line = cast("str | bytes", self.readline())  # type: ignore[operator]  # delegated
        if not line:
            raise StopIteration
        return line

    next = __next__

    def __repr__(self) -> str:
        state = "closed" if self.closed else ""
        return (
            f"<{type(self).__name__} at 0x{id(self):x} "
            f"{state}_fobj={self._io!r}{self._extra_repr()}>"
        )

    def _extra_repr(self) -> str:
        return ""


class FileObjectPosix(FileObjectBase):
    """A file object that waits in the loop until its descriptor is ready.

    For pipes, terminals, sockets; the descriptor is put into non-blocking mode. Large
    operations on regular files run in the thread pool. A read with a buffer that is
    interrupted takes nothing: the next one starts with the first byte or character that
    no call has returned. (Not in text mode on a device that has a position: ``io`` does
    the decoding there, and holds what it has decoded of a line while it waits.)

    Args:
        fobj: A descriptor, a path, or an object with ``fileno``.
        mode: As of ``open``; ``U`` is accepted for reading.
        buffering: As of ``open``; 0 stands for the default in text mode. Without a
            buffer, a write goes on until everything is written.
        closefd: Whether closing it closes the descriptor or the object, too.
        encoding: As of ``open``.
        errors: As of ``open``.
        newline: As of ``open``.
        bufsize: The old name of *buffering*.
        close: The old name of *closefd*.

    Raises:
        TypeError: *fobj* is none of these, or an argument is given by both names.
        ValueError: The arguments contradict each other.
        OSError: As the system says.
    """

    default_bufsize = io.DEFAULT_BUFFER_SIZE

    fileio: RawFile | PlainFile | None

    def __init__(self, *args: object, **kwargs: object):
        fobj, mode, closefd = _parse(args, kwargs)
        raw = open_raw(fobj, mode.raw, closefd)
        raw.writes_all = mode.is_unbuffered
        super().__init__(mode.layer(raw))
        self.fileio = raw
        if isinstance(raw, PlainFile):
            self._regular = raw

    def _do_close(self, wrapped: Layered) -> None:
        raw = self.fileio
        self.fileio = None
        if self._regular is not None:
            self._regular.await_turn()  # switches
        try:
            # A buffer refuses to be closed while a greenlet is inside it; closing the
            # descriptor wakes that.
            if raw is None or not raw.n_calls:
                wrapped.close()  # switches
        finally:
            if raw is not None:
                raw.close()


class FileObjectBlock(FileObjectBase):
    """A file object that blocks the thread.

    Only large operations on regular files do not: they run in the thread pool.

    Args:
        fobj: A descriptor, a path, or a file.
        args: Further arguments, as of :class:`FileObjectPosix`.
        kwargs: The same.
    """

    def __init__(self, fobj: object, *args: object, **kwargs: object):
        fobj, mode, closefd = _parse((fobj, *args), kwargs)
        self._closes = closefd or isinstance(fobj, int)
        layered, self._regular = _open_blocking(fobj, mode, closefd, True)
        super().__init__(layered)

    def _do_close(self, wrapped: Layered) -> None:
        if self._regular is not None:
            self._regular.await_turn()  # switches
        if self._closes:
            wrapped.close()
        else:
            wrapped.flush()


class FileObjectThread(FileObjectBase):
    """A file object whose operations run in native threads, one at a time.

    Args:
        args: As of :class:`FileObjectPosix`; any file is accepted.
        lock: Whether operations wait for each other; or a semaphore that says so.
        threadpool: Which threads to use; None: those of the hub.
        kwargs: As of :class:`FileObjectPosix`.

    Raises:
        TypeError: *lock* is neither a bool nor a semaphore.
    """

    def __init__(
        self,
        *args: object,
        lock: bool | Lock = True,
        threadpool: Threads | None = None,
        **kwargs: object,
    ):
        self.lock: Lock = _checked_lock(lock)
        self.threadpool: Threads = hub_pool() if threadpool is None else threadpool
        fobj, mode, closefd = _parse(args, kwargs)
        self._closes = closefd or isinstance(fobj, int)
        super().__init__(_open_blocking(fobj, mode, closefd, False)[0])

    def _wrap(self, method: Callable[..., object]) -> Callable[..., object]:
        lock, pool = self.lock, self.threadpool

        def in_thread(*args: object, **kwargs: object) -> object:
            with lock:  # switches
                return call_in_pool(pool, method, args, kwargs)  # switches

        in_thread.__name__ = getattr(method, "__name__", "in_thread")
        return in_thread

    def _do_close(self, wrapped: Layered) -> None:
        end = wrapped.close if self._closes else wrapped.flush
        self._wrap(end)()  # switches

    def _extra_repr(self) -> str:
        return f" threadpool={self.threadpool!r}"


def _checked_lock(lock: object) -> Lock:
    if isinstance(lock, bool):
        return Semaphore() if lock else DummySemaphore()
    if isinstance(lock, Semaphore | DummySemaphore):
        return lock
    raise TypeError(f"Expected a Semaphore or boolean, got {type(lock)!r}")


def _open_blocking(
    fobj: object, mode: OpenMode, closefd: bool, uses_threads: bool
) -> tuple[Layered, PlainFile | None]:
    """Open a file whose operations do not wait in the loop.

    Returns:
        (what to wrap, the regular file below it if that uses threads).
    """
    if isinstance(fobj, io.TextIOBase):
        if mode.is_binary:
            raise ValueError("Unable to perform binary IO on top of text IO stream")
        return fobj, None
    if isinstance(fobj, io.RawIOBase):
        return mode.layer(fobj), None
    if hasattr(fobj, "read") or hasattr(fobj, "write"):
        return mode.decode(cast("io.BufferedIOBase", fobj)), None
    if not uses_threads and not hasattr(fobj, "fileno"):
        # Nothing in it is ours, so nothing of it needs the interpreter's lock.
        return mode.layer(open_simple(fobj, mode.raw, closefd)), None
    raw = open_plain(fobj, mode.raw, closefd, uses_threads)
    raw.writes_all = mode.is_unbuffered
    return mode.layer(raw), raw if raw.uses_threads else None


# What the constructors take by place, and what the older names stand for.
_PLACES = ("fobj", "mode", "buffering", "closefd", "encoding", "errors", "newline")
_OLD_NAMES = {"bufsize": "buffering", "close": "closefd"}


def _parse(
    args: tuple[object, ...], kwargs: dict[str, object]
) -> tuple[object, OpenMode, bool]:
    """Return (what to open, how, whether to close it)."""
    if len(args) > len(_PLACES):
        raise TypeError(f"at most {len(_PLACES)} positional arguments, got {len(args)}")
    given = dict(zip(_PLACES, args, strict=False))
    for name, value in kwargs.items():
        new = _OLD_NAMES.get(name, name)
        if new not in _PLACES:
            raise TypeError(f"unexpected keyword argument {name!r}")
        if new in given:
            raise TypeError(f"{new!r} is given twice; once as {name}={value!r}")
        given[new] = value
    if "fobj" not in given:
        raise TypeError("missing argument 'fobj': a descriptor, a path, or a file")
    fobj = given.pop("fobj")
    closefd = bool(given.pop("closefd", True))
    return fobj, parse_mode(**given), closefd  # type: ignore[arg-type]  # it checks them


# Earlier than usual: the setting may name a class of this module by its public name.
publish(__name__, "gevent.fileobject")

# The class that the setting ``fileobject`` names.
FileObject = cast("type[FileObjectPosix]", config.fileobject)
