"""What ``mode`` and its companions mean when a file is opened, as in ``io.open``."""

from __future__ import annotations

import io
import os
import sys
import warnings

from gevent._base.checking import TYPE_CHECKING, NamedTuple, cast
from gevent.net.files.buffered import BufferedRandom, BufferedReader
from gevent.net.files.decoded import TextStream
from gevent.net.files.raw import PlainFile, RawFile

if TYPE_CHECKING:
    from typing import TypeAlias

    Layered: TypeAlias = io.RawIOBase | io.BufferedIOBase | io.TextIOBase

__all__ = ("OpenMode", "parse_mode")

_LETTERS = frozenset("axrwbt+U")


class OpenMode(NamedTuple):
    """How to put buffers and a decoder on a raw file object."""

    mode: str
    buffering: int
    encoding: str | None
    errors: str | None
    newline: str | None

    @property
    def is_binary(self) -> bool:
        """Whether the file gives bytes."""
        return "b" in self.mode

    @property
    def reads(self) -> bool:
        """Whether the file can be read."""
        return not self.creates_or_writes or self.updates

    @property
    def writes(self) -> bool:
        """Whether the file can be written."""
        return self.creates_or_writes or self.updates

    @property
    def updates(self) -> bool:
        """Whether both is possible at one position."""
        return "+" in self.mode

    @property
    def creates_or_writes(self) -> bool:
        """Whether it is opened for writing in the first place."""
        return not {"a", "x", "w"}.isdisjoint(self.mode)

    @property
    def raw(self) -> str:
        """The mode of the raw file object."""
        kind = next((letter for letter in "axw" if letter in self.mode), "r")
        return kind + ("+" if self.updates else "")

    @property
    def is_unbuffered(self) -> bool:
        """Whether the raw file object is used as it is; text needs a buffer."""
        return self.buffering == 0 and self.is_binary

    def layer(self, raw: io.RawIOBase) -> Layered:
        """Return *raw* with what the mode asks for on top; closes it on an error."""
        try:
            if self.is_unbuffered:
                return raw
            if isinstance(raw, PlainFile):
                raw.is_decoded = not self.is_binary
            return self.decode(self._buffer(raw))
        except BaseException:
            raw.close()
            raise

    def _buffer(self, raw: io.RawIOBase) -> io.BufferedIOBase:
        size = self.buffering if self.buffering > 1 else io.DEFAULT_BUFFER_SIZE
        waits = _waits(raw)
        if self.updates:
            # Those of a pipe would be two files in one.
            return BufferedRandom(raw, size) if waits else io.BufferedRandom(raw, size)
        if self.writes:
            return io.BufferedWriter(raw, size)
        return BufferedReader(raw, size) if waits else io.BufferedReader(raw, size)

    def decode(self, buffer: io.BufferedIOBase) -> Layered:
        """Return a text file on *buffer*, or that itself in binary mode."""
        if self.is_binary:
            return buffer
        is_line = self.buffering == 1 or (self.buffering < 0 and buffer.isatty())
        waits = isinstance(buffer, BufferedReader) and not buffer.seekable()
        text = (TextStream if waits else io.TextIOWrapper)(
            cast("io.BufferedReader", buffer),  # or whatever acts like one
            self.encoding,
            self.errors,
            self.newline,
            line_buffering=is_line,
        )
        # As io.open does; readers of the attribute see what was asked for.
        setattr(text, "mode", self.mode.replace("U", "") or "r")  # noqa: B010 - typeshed says read-only
        return text


def parse_mode(
    mode: str = "r",
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
) -> OpenMode:
    """Check the arguments of ``io.open``, and of its predecessors (the letter U).

    Raises:
        TypeError: One has the wrong type.
        ValueError: They are wrong, or contradict each other.
    """
    _demand_types(mode, buffering, encoding, errors)
    if not _LETTERS.issuperset(mode) or len(set(mode)) != len(mode):
        raise ValueError(f"invalid mode: {mode!r}")
    if "b" in mode and "t" in mode:
        raise ValueError("can't have text and binary mode at once")
    n_kinds = sum(letter in mode for letter in "axrw")
    if "U" in mode:
        if not {"a", "x", "w", "+"}.isdisjoint(mode):
            raise ValueError("mode U cannot be combined with 'x', 'w', 'a', or '+'")
        n_kinds = 1
    if n_kinds > 1:
        raise ValueError("can't have read/write/append mode at once")
    if n_kinds == 0:
        raise ValueError("must have exactly one of read/write/append mode")
    if buffering < -1:
        raise ValueError("invalid buffering size")
    parsed = OpenMode(mode, buffering, encoding, errors, newline)
    if parsed.is_binary:
        _demand_no_text(parsed)
    return parsed


def _demand_types(
    mode: object, buffering: object, encoding: object, errors: object
) -> None:
    if not isinstance(mode, str):
        raise TypeError(f"invalid mode: {mode!r}")
    if not isinstance(buffering, int):
        raise TypeError(f"invalid buffering: {buffering!r}")
    for name, value in (("encoding", encoding), ("errors", errors)):
        if value is not None and not isinstance(value, str):
            raise TypeError(f"invalid {name}: {value!r}")


def _demand_no_text(parsed: OpenMode) -> None:
    for name in ("encoding", "errors", "newline"):
        if getattr(parsed, name) is not None:
            raise ValueError(f"binary mode doesn't take {_article(name)} argument")
    if parsed.buffering == 1:
        warnings.warn(
            "line buffering (buffering=1) isn't supported in binary mode, "
            "the default buffer size will be used",
            RuntimeWarning,
            stacklevel=_frames_of_package(),
        )


def _waits(raw: io.RawIOBase) -> bool:
    """Whether reading it may switch, so that something may interrupt it."""
    return isinstance(raw, RawFile) or (isinstance(raw, PlainFile) and raw.uses_threads)


def _article(name: str) -> str:
    return f"a {name}" if name == "newline" else f"an {name}"


def _frames_of_package() -> int:
    """How far up the caller is who is not part of this package."""
    level = 1
    frame = sys._getframe(1)
    package = os.path.dirname(os.path.dirname(__file__))
    while frame.f_back and frame.f_code.co_filename.startswith(package):
        frame = frame.f_back
        level += 1
    return level
