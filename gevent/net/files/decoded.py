"""Text of files that wait: what interrupts a reader loses nothing.

``io.TextIOWrapper`` drops the first part of a line if an exception ends its wait for
the rest. :class:`TextStream` is one to its users, with a reading half of its own; that
is possible because what it reads has no position, so that there is nothing to tell of
it. Regular files do without: no reader waits in the middle of a line there.
"""

from __future__ import annotations

import io
from codecs import getincrementaldecoder
from operator import index

from gevent._base.checking import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from codecs import IncrementalDecoder
    from typing import Self, TypeAlias

    Buffer: TypeAlias = io.BufferedReader | io.BufferedRWPair

__all__ = ("TextStream",)

# How many bytes are decoded at a time, at least.
CHUNK = 8192


class Decoded:
    """What was decoded and not returned, and how more is read.

    Invariants:

    * TEXT1  ``text[start:]`` and ``held``, followed by what ``decoder`` makes of what
      ``buffer`` gives next, is what comes after the last character that was returned.
    * TEXT2  What the buffer gives is decoded at once: nothing between switches. What
      cannot be decoded is dropped, as in ``io``.
    * TEXT3  A call takes characters when it returns them. One that has to take them
      earlier puts them back, whatever ends it.
    * TEXT4  While a call waits, ``text[start:]`` is empty; another one gets to the
      buffer, which refuses it.

    Args:
        buffer: What is decoded; its ``read1`` and ``read`` take nothing if they raise.
        encoding: Of the text.
        errors: What the decoder does with what is wrong.
        newline: As of ``open``.
    """

    def __init__(
        self,
        buffer: Buffer,
        encoding: str,
        errors: str | None,
        newline: str | None,
    ):
        self.buffer: Buffer | None = buffer
        self.encoding = encoding
        self.errors = errors or "strict"
        # None until something is read: many files of sockets are written only.
        self.decoder: IncrementalDecoder | io.IncrementalNewlineDecoder | None = None
        self.text = ""
        self.start = 0
        self.newline = newline
        self.ending = newline or "\n"
        self.ending_size = len(self.ending)
        self.ends_anyhow = newline is not None and not newline
        self.held = ""
        self.has_read = False

    # -- reading ------------------------------------------------------------------

    def readline(self, size: int | None = -1) -> str:
        """Read a line; see :class:`TextStream`."""
        limit = -1 if size is None else size
        if limit < 0:
            end = self.line_end()
            if end >= 0:
                return self.take(end)
        return self.next_line(index(limit))  # switches

    def next_line(self, limit: int) -> str:
        """Read a line, at most *limit* characters of it if that is not negative."""
        pieces: list[str] = []
        try:
            while True:
                end = self.line_end()
                is_whole = end >= 0
                if not is_whole:
                    end = len(self.text)
                if 0 <= limit <= end - self.start:
                    is_whole = True
                    end = self.start + limit
                piece = self.take(end)
                pieces.append(piece)
                if limit > 0:
                    limit -= len(piece)
                if is_whole or not self.fill(CHUNK):  # switches
                    return "".join(pieces)
        except BaseException:
            self.put_back(pieces)  # TEXT3
            raise

    def readlines(self, hint: int | None = -1) -> list[str]:
        """Read lines; see :class:`TextStream`."""
        stop = 0 if hint is None else hint
        lines: list[str] = []
        length = 0
        try:
            while stop <= 0 or length <= stop:
                line = self.readline()  # switches
                if not line:
                    break
                lines.append(line)
                length += len(line)
            return lines
        except BaseException:
            self.put_back(lines)  # TEXT3
            raise

    def read(self, size: int | None = -1) -> str:
        """Read *size* characters; see :class:`TextStream`."""
        n = -1 if size is None else size
        if 0 <= n <= len(self.text) - self.start:
            return self.take(self.start + n)
        return self.read_all() if n < 0 else self.read_up_to(index(n))  # switches

    def read_up_to(self, n: int) -> str:
        """Read *n* characters; what there is if nothing more comes."""
        pieces: list[str] = []
        try:
            while True:
                piece = self.take(min(self.start + n, len(self.text)))
                pieces.append(piece)
                n -= len(piece)
                if not n or not self.fill(max(n, CHUNK)):  # switches
                    return "".join(pieces)
        except BaseException:
            self.put_back(pieces)  # TEXT3
            raise

    def read_all(self) -> str:
        """Read to the end."""
        try:
            data = self.open_buffer().read()  # switches
        except ValueError:
            self.demand_open()
            raise
        rest = self.decode(data, True)
        return self.take(len(self.text)) + rest

    # -- lines --------------------------------------------------------------------

    def line_end(self) -> int:
        """Return where the first line ends in ``text``; -1: it does not."""
        if self.ends_anyhow:
            return self.any_line_end()
        end = self.text.find(self.ending, self.start)
        return -1 if end < 0 else end + self.ending_size

    def any_line_end(self) -> int:
        """Do the same where each of the three endings is one."""
        first = self.text.find("\n", self.start)
        # The decoder does not split "\r\n".
        stop = len(self.text) if first < 0 else first
        other = self.text.find("\r", self.start, stop)
        if other < 0:
            return first + 1 if first >= 0 else -1
        return first + 1 if first == other + 1 else other + 1

    # -- what was decoded ---------------------------------------------------------

    def take(self, end: int) -> str:
        """Take the characters up to *end*."""
        taken = self.text[self.start : end]
        self.start = end
        return taken

    def put_back(self, pieces: list[str]) -> None:
        """Put *pieces* before all others."""
        self.text = "".join(pieces) + self.text[self.start :]
        self.start = 0

    def fill(self, n: int) -> bool:
        """Decode up to *n* bytes more; return whether there was any: not the end."""
        self.has_read = True
        try:
            chunk = self.open_buffer().read1(n)  # switches
        except ValueError:
            self.demand_open()
            raise
        self.text = self.decode(chunk, not chunk)  # TEXT2
        self.start = 0
        return bool(chunk) or bool(self.text)

    def decode(self, chunk: bytes | None, is_last: bool) -> str:
        """Decode *chunk*; None, which is no bytes now, counts as none."""
        if self.decoder is None:
            self.decoder = self.new_decoder()
        text = self.held + self.decoder.decode(chunk or b"", is_last)
        self.held = ""
        if self.newline == "\r\n" and text.endswith("\r") and not is_last:
            self.held = "\r"
            return text[:-1]
        return text

    def new_decoder(self) -> IncrementalDecoder | io.IncrementalNewlineDecoder:
        """Return what decodes the first chunk, and the next ones."""
        decoder = getincrementaldecoder(self.encoding)(self.errors)
        if self.newline:
            return decoder
        return io.IncrementalNewlineDecoder(decoder, self.newline is None)

    def open_buffer(self) -> Buffer:
        """Return what is decoded."""
        if self.buffer is None:
            raise ValueError("underlying buffer has been detached")
        return self.buffer

    def demand_open(self) -> None:
        """Refuse in the words of text files if the buffer below is closed."""
        if self.buffer is not None and self.buffer.closed:
            raise ValueError("I/O operation on closed file.") from None

    # -- what else happens to the file --------------------------------------------

    def newlines(self) -> str | tuple[str, ...] | None:
        """Return what ended lines so far; None where that is fixed."""
        if isinstance(self.decoder, io.IncrementalNewlineDecoder):
            return self.decoder.newlines
        return None

    def end(self) -> None:
        """Forget the text: the buffer is closed."""
        self.text = self.held = ""
        self.start = 0

    def detach(self) -> None:
        """Forget the buffer, too."""
        self.end()
        self.buffer = None


def text_line_of(decoded: Decoded, size: int | None) -> str:
    """Read a line: a call that needs no look-up."""
    return decoded.readline(size)  # switches


def text_of(decoded: Decoded, size: int | None) -> str:
    """Read *size* characters: a call that needs no look-up."""
    return decoded.read(size)  # switches


class TextStream(io.TextIOWrapper):
    """Text read from, and perhaps written to, what has no position.

    Whatever ends a read but its return, the next one starts with the first character
    that no call has returned.

    Args:
        buffer: What is decoded.
        encoding: As of ``open``, like the others.
        errors: What to do with what cannot be decoded.
        newline: How lines end.
        line_buffering: Whether the end of a line flushes.

    Blocking:
        The reading methods switch to the hub until there is enough, or the end.
    Cancellation:
        Nothing was read.
    Thread safety:
        One thread at a time.
    """

    def __init__(
        self,
        buffer: Buffer,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        line_buffering: bool = False,
    ):
        io.TextIOWrapper.__init__(
            self,
            cast("io.BufferedReader", buffer),  # a pair will do, too
            encoding,
            errors,
            newline,
            line_buffering,
        )
        self._decoded = Decoded(buffer, self.encoding, self.errors, newline)

    def read(self, size: int | None = -1, /) -> str:
        """Read *size* characters; to the end if it is negative or None."""
        return text_of(self._decoded, size)  # switches

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]  # as in io
        """Read a line, of at most *size* characters unless that is negative."""
        return text_line_of(self._decoded, size)  # switches

    def readlines(self, hint: int | None = -1, /) -> list[str]:  # type: ignore[override]
        """Read all lines, or as many as have more than *hint* characters."""
        return self._decoded.readlines(hint)  # switches

    def __repr__(self) -> str:
        shown = io.TextIOWrapper.__repr__(self)
        # Its own kind, or since 3.14 that of the object: here it stands for that of io.
        return f"<_io.TextIOWrapper{shown[shown.index(' ') :]}"

    def __iter__(self) -> Self:  # type: ignore[override]  # as in io
        return self

    def __next__(self) -> str:  # type: ignore[override]  # as in io
        line = text_line_of(self._decoded, -1)  # switches
        if not line:
            raise StopIteration
        return line

    @property
    def newlines(self) -> str | tuple[str, ...] | None:  # type: ignore[override]
        """What ended lines so far; None before that, and where it is fixed."""
        return self._decoded.newlines()

    def reconfigure(self, **changes: object) -> None:
        """Change how it is decoded, encoded or flushed; arguments as in ``io``.

        Raises:
            UnsupportedOperation: Something was read already, so it is too late for
                another encoding or newline.
        """
        decoding = {"encoding", "errors", "newline"}.intersection(changes)
        if decoding and self._decoded.has_read:
            raise io.UnsupportedOperation(
                "It is not possible to set the encoding or newline of stream after the"
                " first read"
            )
        io.TextIOWrapper.reconfigure(self, **changes)  # type: ignore[arg-type]  # it checks
        if decoding:
            newline = changes.get("newline", self._decoded.newline)
            self._decoded = Decoded(
                self._decoded.open_buffer(),
                self.encoding,
                self.errors,
                cast("str | None", newline),
            )

    def detach(self) -> io.BufferedReader:
        """Give the buffer away; what was decoded is lost."""
        buffer = io.TextIOWrapper.detach(self)
        self._decoded.detach()
        return cast("io.BufferedReader", buffer)

    def close(self) -> None:
        """Close it and the buffer; repeatable."""
        try:
            io.TextIOWrapper.close(self)
        finally:
            if self.closed:
                self._decoded.end()
