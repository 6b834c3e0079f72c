"""The CFFI modules: how they are loaded, and what they have in common.

They are built in API mode (``setup.py``) from a ``.c`` and ``.cdef.h`` files: nothing
is parsed and no library is looked for at run time. Each holds one shim. The compiled
core takes the address of its operations once and calls through that, so that CFFI is
not on its way; the pure form calls through CFFI.
"""

from __future__ import annotations

import sys

from gevent._native.library.missing import explain

# Spelled out instead of imported: typing costs more than all of this module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, Protocol, SupportsInt, overload

    class Pointer(Protocol):
        """A pointer; NULL is false."""

        def __bool__(self) -> bool: ...

    class Integers(Protocol):
        """An array of C."""

        def __getitem__(self, index: int) -> int: ...

    class Floats(Protocol):
        """An array of C."""

        def __getitem__(self, index: int) -> float: ...

    class Foreign(Protocol):
        """The part of ``cffi.FFI`` that is used."""

        NULL: Pointer
        errno: int

        @overload
        def cast(
            self, kind: Literal["gevent_loop_ops *"], value: int
        ) -> Operations: ...
        @overload
        def cast(self, kind: Literal["void *"], value: int) -> Pointer: ...
        @overload
        def cast(self, kind: Literal["size_t"], value: Pointer) -> SupportsInt: ...
        @overload
        def new(self, kind: Literal["size_t[]", "int[]"], size: int) -> Integers: ...
        @overload
        def new(self, kind: Literal["double[]"], size: int) -> Floats: ...
        def string(self, text: Pointer) -> bytes: ...

    class Operations(Protocol):
        """``gevent_loop_ops`` of ``loop_ops.h``, which says what each one does."""

        name: Pointer

        def open(
            self, flags: int, release: Pointer, acquire: Pointer, argument: Pointer
        ) -> Pointer: ...
        def close(self, state: Pointer) -> None: ...
        def poll(self, state: Pointer, timeout: float) -> int: ...
        def wakeup(self, state: Pointer) -> None: ...
        def after_fork(self, state: Pointer) -> int: ...
        def backend_name(self, state: Pointer) -> Pointer: ...
        def backend_flag(self, state: Pointer) -> int: ...
        def backend_fd(self, state: Pointer) -> int: ...
        def io_new(self, state: Pointer, fd: int, events: int) -> NativeRecord: ...
        def io_set(self, record: NativeRecord, fd: int, events: int) -> None: ...
        def signal_new(self, state: Pointer, signum: int) -> NativeRecord: ...
        def stat_new(
            self, state: Pointer, path: bytes, interval: float
        ) -> NativeRecord: ...
        def record_start(self, record: NativeRecord) -> int: ...
        def record_stop(self, record: NativeRecord) -> None: ...
        def record_free(self, record: NativeRecord) -> None: ...

    class NativeRecord(Protocol):
        """A pointer to a ``gevent_record`` of ``loop_ops.h``; NULL is false."""

        def __bool__(self) -> bool: ...

        owner: Pointer
        active: int

    class Lib(Protocol):
        """The functions and constants of a module."""

        def gevent_operations(self) -> int: ...
        def gevent_operations_fit(self, ops: Operations) -> int: ...
        def gevent_begin_fork_count(self) -> int: ...
        def gevent_fork_count(self) -> int: ...
        def gevent_take_ready(
            self, state: Pointer, owners: Integers, events: Integers, n_most: int
        ) -> int: ...
        def gevent_stat_fields(
            self, ops: Operations, record: NativeRecord, previous: bool, fields: Floats
        ) -> int: ...
        def gevent_pidfd_open(self, pid: int) -> int: ...

    class LibevLib(Lib, Protocol):
        """What ``_libev_cffi`` has beside that."""

        def gevent_libev_supported(self) -> int: ...
        def gevent_libev_recommended(self) -> int: ...
        def gevent_libev_embeddable(self) -> int: ...
        def gevent_libev_header_major(self) -> int: ...
        def gevent_libev_header_minor(self) -> int: ...
        def gevent_libev_library_major(self) -> int: ...
        def gevent_libev_library_minor(self) -> int: ...

    class LibuvLib(Lib, Protocol):
        """What ``_libuv_cffi`` has beside that."""

        def gevent_libuv_header_version(self) -> int: ...
        def gevent_libuv_library_version(self) -> int: ...

    class Module(Protocol):
        """A CFFI module."""

        @property
        def ffi(self) -> Foreign: ...
        @property
        def lib(self) -> Lib: ...

    class LibevModule(Module, Protocol):
        """``_libev_cffi``."""

        @property
        def lib(self) -> LibevLib: ...

    class LibuvModule(Module, Protocol):
        """``_libuv_cffi``."""

        @property
        def lib(self) -> LibuvLib: ...


__all__ = ("load",)


def load(name: str) -> object:
    """Import a CFFI module of this package.

    Args:
        name: Its full name.

    Raises:
        ImportError: It was not built, or something that it needs is missing.
    """
    try:
        __import__(name)
    except ImportError as error:
        # Its text tells all of it.
        raise ImportError(explain(name, error), name=name) from None
    return sys.modules[name]
