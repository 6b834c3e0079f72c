"""Bodies of requests: their framing, limits, and what applications read.

A body (:class:`Body`) is in one of these states; the last two are for good::

    OWED --first read sends the 100--> LENGTH or CHUNKED
    EMPTY = DONE
    LENGTH, CHUNKED --end of the body, trailers too--> DONE
    LENGTH, CHUNKED --bad chunk, end of stream, limit, deadline--> BROKEN

A chunk is ``1*16HEXDIG *( ";" token [ "=" ( token / quoted-string ) ] ) CRLF``, its
octets, and CRLF; a trailer line is a field line of RFC 9112. Nothing is stripped or
guessed.
"""

from __future__ import annotations

import re
from copy import copy
from io import BytesIO
from operator import index
from typing import TYPE_CHECKING, Protocol

from gevent.servers.http.limits import Limits
from gevent.servers.http.request_file import ENDLESS, RequestFile, Source

if TYPE_CHECKING:
    from inspect import Signature
    from typing import NoReturn, Self

    from gevent.servers.http.request_file import SendsAll

__all__ = ("BodyError", "BodyTimeout", "Input", "RequestFile", "Source")

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

# Octets. So much of a body is read at a time, where it is dropped or chunked.
SLICE = 65536

# No possessive quantifiers: `re` takes them wrong before Python 3.11.5. What follows a
# repetition here cannot be part of it, so there is nothing to go back for.
_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = rb'"(?:[\t !\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t -~\x80-\xff])*"'
_is_extensions = re.compile(
    rb"(?:;%b(?:=(?:%b|%b))?)*\r\n" % (_TOKEN, _TOKEN, _QUOTED)
).fullmatch
_match_trailer = re.compile(rb"(%b):[\t -~\x80-\xff]*\r\n" % _TOKEN).fullmatch

_LOWER = bytes(octet + 32 if 65 <= octet <= 90 else octet for octet in range(256))
# Octet -> value of the digit; 16: it is none.
_DIGITS = bytes(
    int(chr(octet), 16) if chr(octet) in "0123456789abcdefABCDEF" else 16
    for octet in range(256)
)

# Fields that frame, route or authenticate a message, or say what its content is.
_NEVER_TRAILERS = frozenset(
    b"authentication-info authorization connection content-encoding content-length"
    b" content-range content-type cookie expect forwarded host keep-alive"
    b" proxy-authenticate proxy-authentication-info proxy-authorization"
    b" proxy-connection set-cookie te trailer transfer-encoding upgrade"
    b" www-authenticate".split()
)


class BodyError(OSError):
    """A body that cannot be read; each later read raises the same.

    Attributes:
        status: The answer that the client gets if nothing else was sent: 400, 408, 413.
    """

    status: int

    def __init__(self, text: str, status: int = 400):
        super().__init__(text)
        self.status = status


class BodyTimeout(BodyError, TimeoutError):
    """A body that did not come in time."""

    def __init__(self, text: str, status: int = 408):
        super().__init__(text, status)


class ReadsLines(Protocol):
    """A file that a body is in."""

    def read(self, size: int, /) -> bytes:
        """Read so much, or to the end of the stream."""

    def readline(self, size: int, /) -> bytes:
        """Read a line, or so much of it."""


class HasEnd(Protocol):
    """A body of ours, or of a handler class."""

    @property
    def is_done(self) -> bool:
        """Whether it has been read to its end."""


class Body:
    """A body that is read, with its limits: what :class:`Input` is made of.

    Invariants:

    * BODY1  A field changes only when a whole line or piece of data was taken from the
      file: whatever interrupts a read, the next one goes on where it was.
    * BODY2  What was decoded and could not be returned is in ``_kept``.
    * BODY3  ``error`` is never raised itself, only copies: their tracebacks would keep
      the application's frames, and those this body.
    """

    def __init__(
        self,
        rfile: ReadsLines,
        content_length: int | None,
        socket: SendsAll | None = None,
        chunked_input: bool = False,
        *,
        limits: Limits | None = None,
    ):
        if content_length is not None and index(content_length) < 0:
            raise ValueError(f"content_length must not be negative: {content_length!r}")
        self.set_up(rfile, content_length, socket, bool(chunked_input), limits)

    def set_up(
        self,
        rfile: ReadsLines,
        content_length: int | None,
        socket: SendsAll | None,
        chunked_input: bool,
        limits: Limits | None,
    ) -> int:
        """The constructor, for compiled callers."""
        self.rfile = rfile
        self.content_length = content_length
        self.socket = socket
        self.position = 0
        self.chunked_input = chunked_input
        self.chunk_length = -1  # of this chunk; -1: its size line comes; 0: the last
        self.send_100_continue_enabled = True
        self.error: OSError | None = None
        self._has_trailers_read = False
        self._kept = b""  # BODY2
        self._framing = 0  # octets of chunk and trailer lines that were taken
        # How much may still come; set at the first chunk.
        self._room = self._extension_room = self._trailer_room = self._fields_room = -1
        self._limits = limits
        return 0

    # -- what the server asks -------------------------------------------------------

    @property
    def is_done(self) -> bool:
        """Whether the body has been read to its end, trailers too."""
        return self.ends()

    def ends(self) -> bool:
        """is_done, for compiled callers."""
        if self.error is not None:
            return False
        if self.chunked_input:
            return self._has_trailers_read
        return self._left() <= 0

    @property
    def owes_continue(self) -> bool:
        """Whether the client may be waiting for a 100 that was not sent."""
        return self.socket is not None and not self.ends()

    def discard(self, limit: int) -> bool:
        """Read and drop what is left of the body.

        Args:
            limit: How many octets at most; a body that is known to be longer is left
                as it is.

        Returns:
            Whether the body is done. Never raises what a read would.

        Blocking:
            Switches to the hub while octets are missing.
        """
        if self.error is not None or self.owes_continue:
            return False
        self._kept = b""
        try:
            return self._drop(limit)  # switches
        except OSError:
            return False

    def _drop(self, limit: int) -> bool:
        if not self.chunked_input:
            if self._left() > limit:
                return False
            while self._left() > 0:
                self._read_part(min(self._left(), SLICE))  # switches
            return True
        dropped = 0
        framing = self._framing
        while dropped + self._framing - framing <= limit:
            n = self._rest_of_chunk()  # switches
            if n == 0:
                return True
            if n > limit - dropped:
                return False
            dropped += len(self._read_part(min(n, SLICE)))  # switches
        return False

    # -- what the application asks ----------------------------------------------------

    def read(self, length: int | None = None) -> bytes:
        """Read *length* octets, fewer at the end of the body; None or negative: all.

        Raises:
            BodyError: The body is not as its head promised, or too large.
            OSError: As the connection says.

        Blocking:
            Switches to the hub until there is as much.
        Cancellation:
            Nothing is lost: the next read goes on.
        """
        n = -1 if length is None else min(index(length), ENDLESS)
        if n == 0:
            return b""
        self._begin()  # switches
        if self.chunked_input:
            return self._read_chunks(n)  # switches
        left = self._left()
        if n < 0 or n > left:
            n = left
        return self._read_part(n) if n > 0 else b""  # switches

    def readline(self, size: int | None = None) -> bytes:
        """Read a line, or *size* octets of it; None or negative: all of it."""
        n = -1 if size is None else min(index(size), ENDLESS)
        if n == 0:
            return b""
        self._begin()  # switches
        if self.chunked_input:
            return self._readline_chunks(n)  # switches
        left = self._left()
        if n < 0 or n > left:
            n = left
        return self._readline_part(n) if n > 0 else b""  # switches

    def readlines(self, hint: int | None = None) -> list[bytes]:
        """Read all lines; *hint* is not looked at."""
        return list(self)

    def next(self) -> bytes:
        """Return the next line."""
        line = self.readline()  # switches
        if not line:
            raise StopIteration
        return line

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        line = self.readline()  # switches
        if not line:
            raise StopIteration
        return line

    # -- parts ----------------------------------------------------------------------

    def _left(self) -> int:
        """Return how much of a body without chunks has not been read."""
        length = self.content_length
        return 0 if length is None else length - self.position

    def _begin(self) -> None:
        """Send the 100 if it is owed; raise again what broke the body."""
        if self.error is not None:
            raise _again(self.error)
        sock = self.socket
        if sock is not None and self.send_100_continue_enabled and not self.ends():
            self.socket = None
            try:
                sock.sendall(CONTINUE)  # switches
            except OSError as error:
                self._break(error)
            except BaseException:
                self.error = BodyError("the 100 Continue was not sent")
                raise

    def _break(self, error: OSError) -> NoReturn:
        """Never read again."""
        if isinstance(error, TimeoutError) and not isinstance(error, BodyError):
            where = f"timed out while reading request at position {self.position}"
            self.error = BodyTimeout(where)
            raise _again(self.error) from error
        self.error = _again(error)
        raise error

    def _refuse(self, text: str, status: int = 400) -> NoReturn:
        self.error = BodyError(text, status)
        raise _again(self.error)

    def _end_of_file(self) -> NoReturn:
        if self.chunked_input:
            self._refuse("unexpected end of file while parsing chunked data")
        self._refuse(
            f"unexpected end of file while reading request at position {self.position}"
        )

    def _read_part(self, n: int) -> bytes:
        """Read *n* octets that are not framing."""
        try:
            data = _read_of(self.rfile, n)  # switches
        except OSError as error:
            self._break(error)
        self.position += len(data)
        if len(data) < n:
            self._end_of_file()
        return data

    def _readline_part(self, n: int) -> bytes:
        """Read a line that is not framing, of *n* octets at most."""
        try:
            line = _readline_of(self.rfile, n)  # switches
        except OSError as error:
            self._break(error)
        self.position += len(line)
        if len(line) < n and not line.endswith(b"\n"):
            self._end_of_file()
        return line

    def _readline_framing(self, limit: int) -> bytes:
        """Read a line of the framing; one of *limit* octets may be cut there."""
        try:
            line = _readline_of(self.rfile, limit)  # switches
        except OSError as error:
            self._break(error)
        self._framing += len(line)
        if len(line) < limit and not line.endswith(b"\n"):
            self._end_of_file()
        return line

    # -- chunks ---------------------------------------------------------------------

    def _read_chunks(self, n: int) -> bytes:
        """Read *n* octets of a chunked body; negative: all."""
        if not self._kept:
            rest = self._rest_of_chunk()  # switches
            if rest == 0:
                return b""
            if 0 <= n <= rest and n <= SLICE:
                return self._read_part(n)  # switches
        missing = n if n >= 0 else ENDLESS
        out = BytesIO()
        try:
            missing -= self._give_kept(missing, out)
            while missing > 0:
                rest = self._rest_of_chunk()  # switches
                if rest == 0:
                    break
                data = self._read_part(min(rest, missing, SLICE))  # switches
                out.write(data)
                missing -= len(data)
        except BaseException:
            self._keep(out)
            raise
        return out.getvalue()

    def _readline_chunks(self, n: int) -> bytes:
        """Read a line of a chunked body, of *n* octets at most; negative: any."""
        missing = n if n >= 0 else ENDLESS
        if not self._kept:
            rest = self._rest_of_chunk()  # switches
            if rest == 0:
                return b""
            line = self._readline_part(min(rest, missing))  # switches
            if len(line) == missing or line.endswith(b"\n"):
                return line
            self._kept = line
        out = BytesIO()
        try:
            end = self._kept.find(b"\n") + 1
            missing -= self._give_kept(min(missing, end) if end else missing, out)
            while missing > 0 and not end:
                rest = self._rest_of_chunk()  # switches
                if rest == 0:
                    break
                line = self._readline_part(min(rest, missing))  # switches
                out.write(line)
                missing -= len(line)
                end = line.endswith(b"\n")
        except BaseException:
            self._keep(out)
            raise
        return out.getvalue()

    def _give_kept(self, limit: int, out: BytesIO) -> int:
        """Move what was kept to *out*, *limit* octets at most; return how many."""
        data = self._kept[:limit]
        self._kept = self._kept[len(data) :]
        out.write(data)
        return len(data)

    def _keep(self, out: BytesIO) -> None:
        """Keep what was decoded before something interrupted the read (BODY2)."""
        if self.error is None:
            self._kept = out.getvalue() + self._kept

    def _rest_of_chunk(self) -> int:
        """Return what is left of this chunk, or of the next; 0: it was the last."""
        if self.position < self.chunk_length:
            return self.chunk_length - self.position
        if self.chunk_length > 0:
            if self._readline_framing(2) != b"\r\n":  # switches
                self._refuse("chunk data does not end with CRLF")
            self.chunk_length = -1
            self.position = 0
        if self.chunk_length < 0:
            if self._extension_room < 0:
                self._apply_limits()
            self.chunk_length = self._read_chunk_size()  # switches
        if self.chunk_length == 0:
            while not self._has_trailers_read:
                self._has_trailers_read = self._is_last_trailer()  # switches
        return self.chunk_length

    def _apply_limits(self) -> None:
        limits = Limits() if self._limits is None else self._limits
        # A body that somebody reads without giving limits may be of any size.
        room = limits.body if self._limits is not None else None
        self._room = ENDLESS if room is None else room
        self._extension_room = limits.extensions
        self._trailer_room = limits.trailers
        self._fields_room = limits.trailer_fields

    def _read_chunk_size(self) -> int:
        """Read a size line."""
        limit = 16 + self._extension_room + 2
        line = self._readline_framing(limit)  # switches
        size = 0
        n_digits = 0
        for octet in line:
            digit = _DIGITS[octet]
            if digit > 15:
                break
            n_digits += 1
            if n_digits > 16:
                self._refuse("chunk size has too many digits")
            size = size * 16 + digit
        if n_digits == 0:
            self._refuse("chunk size is not a hexadecimal number")
        if len(line) != n_digits + 2 or not line.endswith(b"\r\n"):
            self._check_extensions(line[n_digits:])
        room = self._room
        if size > room:
            self._refuse("request body is too large", 413)
        self._room -= size
        return size

    def _check_extensions(self, extensions: bytes) -> None:
        """Check what is behind the digits of a size line, to the end of the line."""
        self._extension_room -= max(len(extensions) - 2, 0)
        if self._extension_room < 0 or not extensions.endswith(b"\n"):
            self._refuse("chunk extensions are too large")
        if not _is_extensions(extensions):
            self._refuse("chunk extension is invalid")

    def _is_last_trailer(self) -> bool:
        """Read a line of the trailers; return whether it was the empty one."""
        limit = max(self._trailer_room, 2)
        line = self._readline_framing(limit)  # switches
        if line == b"\r\n":
            return True
        self._trailer_room -= len(line)
        if self._trailer_room < 0 or not line.endswith(b"\n"):
            self._refuse("trailers are too large")
        match = _match_trailer(line)
        if match is None:
            self._refuse("trailer field is invalid")
        if match[1].translate(_LOWER) in _NEVER_TRAILERS:
            self._refuse("trailer field is not allowed")
        if self._fields_room == 0:
            self._refuse("too many trailer fields")
        self._fields_room -= 1
        return False


def _read_of(file: ReadsLines, n: int) -> bytes:
    """Read from any file; those of connections are asked without a detour."""
    if type(file) is RequestFile:
        ours = file
        return ours.take(n)  # switches
    return file.read(n)  # switches


def _readline_of(file: ReadsLines, limit: int) -> bytes:
    """Read a line from any file."""
    if type(file) is RequestFile:
        ours = file
        return ours.take_line(limit)  # switches
    return file.readline(limit)  # switches


def _again(error: OSError) -> OSError:
    """Return another exception like one that broke a body (BODY3)."""
    if isinstance(error, BodyError):
        return type(error)(error.args[0], error.status)
    try:
        return copy(error)
    except Exception:  # a class that cannot be made from its arguments
        return OSError(*error.args)


class _SignatureOfInput:
    """Tells what :class:`Input` takes: its native base cannot."""

    def __get__(self, instance: object, owner: type) -> Signature:
        if owner is not Input:
            raise AttributeError("__signature__")  # who extends it may take others
        # Not at the top: it is large, and nobody asks.
        from inspect import signature

        return signature(_takes_what_input_does)


def _takes_what_input_does(
    rfile: ReadsLines,
    content_length: int | None,
    socket: SendsAll | None = None,
    chunked_input: bool = False,
    *,
    limits: Limits | None = None,
) -> None:
    pass


class Input(Body):
    """The body of a request, as the file ``wsgi.input``.

    Args:
        rfile: Has ``read(n)`` and ``readline(n)``, and stands behind the head.
        content_length: How many octets the body has; None: none.
        socket: What ``100 Continue`` is sent to, before the first read; None: no client
            waits for it.
        chunked_input: Whether the body is chunked, whatever *content_length* says.
        limits: How large a chunked body and its framing may be; None: a body of any
            size, and the default for all else.

    Attributes:
        position: How many octets were read, of this chunk if the body is chunked.
        chunk_length: How many octets this chunk has; -1: none was begun; 0: the last.
        send_100_continue_enabled: Whether ``100 Continue`` may be sent; to be unset
            when a reply was begun.
        error: What broke the body, or None.
    """

    __slots__ = ()
    __signature__ = _SignatureOfInput()


def new_input(
    rfile: RequestFile, length: int, socket: SendsAll | None, limits: Limits
) -> Input:
    """Return the body of a request that was judged.

    Args:
        rfile: Stands behind the head.
        length: As :class:`gevent.servers.http.policy.Decision` has it.
        socket: As for :class:`Input`.
        limits: Of the server.
    """
    made = Input.__new__(Input)
    body: Body = made
    body.set_up(rfile, length if length > 0 else 0, socket, length < 0, limits)
    return made


def has_ended(body: HasEnd) -> bool:
    """Whether a body has been read to its end, whoever made it."""
    if isinstance(body, Body):
        ours: Body = body
        return ours.ends()
    return body.is_done
