"""A console whose streams are a connection: the parts of a backdoor's session.

Invariants:

* CONS1  While a session's greenlet runs inside of ``streams``, ``sys.stdin``,
  ``sys.stdout`` and ``sys.stderr`` are its own, and what they were is in ``_kept``; at
  each switch away the two change places, and again at each switch back. So nobody else
  sees them, and what either side assigns to the names stays on that side.
"""

from __future__ import annotations

import code
import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOBase
from typing import TYPE_CHECKING

from greenlet import GreenletExit

from gevent._hub.greenlet import Greenlet
from gevent.sync.lock import Semaphore

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import CodeType

    from gevent.net.socket import socket as gevent_socket

__all__ = ("ConsoleInput", "ConsoleOutput", "InteractiveConsole", "Session", "Streams")

_ENCODING = "utf-8"
# What cannot be sent is shown, so that a console can show everything.
_UNKNOWN = "backslashreplace"
# Ctrl-D, from a client that sends each key as it is.
_END_OF_TRANSMISSION = 0x04
# Commands of telnet (RFC 854); no text has such octets in UTF-8.
_COMMAND = re.compile(
    rb"\xff(?:([\xfb-\xfe])(.)|(?:\xfa.*?\xff\xf0)|([\xec-\xf9\xff]))", re.S
)
_REFUSALS = {b"\xfd": b"\xfc", b"\xfb": b"\xfe"}  # to DO, to WILL: no
_INTERRUPT_PROCESS = b"\xf4"
_END_OF_FILE = b"\xec"


@dataclass(slots=True)
class Streams:
    """The values of ``sys.stdin``, ``sys.stdout`` and ``sys.stderr``."""

    stdin: object
    stdout: object
    stderr: object

    def swap(self) -> None:
        """Change places with those of ``sys``."""
        now = sys.stdin, sys.stdout, sys.stderr
        sys.stdin, sys.stdout, sys.stderr = self.stdin, self.stdout, self.stderr
        self.stdin, self.stdout, self.stderr = now


class Session(Greenlet):
    """A greenlet that may have standard streams of its own."""

    # What is not in `sys` now: its own while it is switched out, else the others'.
    _kept: Streams | None = None

    @contextmanager
    def streams(self, streams: Streams) -> Generator[None]:
        """Run the block with these streams; called by the greenlet itself (CONS1)."""
        self._kept = streams
        streams.swap()
        try:
            yield
        finally:
            self._kept = None
            streams.swap()

    def switch_out(self) -> None:
        """Somebody else runs from now on."""
        if self._kept is not None:
            self._kept.swap()

    def switch_in(self) -> None:
        """It runs again."""
        if self._kept is not None:
            self._kept.swap()


class ConsoleInput(TextIOBase):
    """What a client types, as text lines; CR LF is LF.

    Commands of telnet are no text: options are refused, the one for Ctrl-C raises
    KeyboardInterrupt from the next read of a line, the one for the end of a file, and
    Ctrl-D at the start of a line, are the end of the input.
    """

    encoding = _ENCODING
    errors: str | None = "replace"
    newlines: None = None

    def __init__(self, conn: gevent_socket):
        self._conn = conn
        self._octets = bytearray()
        self._has_ended = False
        self._is_interrupted = False

    def readable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the number of the connection's descriptor."""
        return self._conn.fileno()

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]  # as text files
        """Return the next line with its end, or what is left; "" at the end.

        Raises:
            KeyboardInterrupt: The client interrupts.

        Blocking:
            Switches to the hub until there is a line.
        """
        limit = -1 if size is None else size
        while True:
            if self._is_interrupted:
                self._is_interrupted = False
                self._octets.clear()
                raise KeyboardInterrupt
            line = self._take_line(limit)
            if line is not None:
                return line
            self._receive()  # switches

    def read(self, size: int | None = -1, /) -> str:
        """Return so many characters, fewer at the end of the input; -1: all.

        Blocking:
            Switches to the hub until they are there.
        """
        limit = -1 if size is None else size
        parts: list[str] = []
        while limit != 0:
            part = self.readline(limit)  # switches
            if not part:
                break
            parts.append(part)
            if limit > 0:
                limit -= len(part)
        return "".join(parts)

    def _take_line(self, limit: int) -> str | None:
        """Return a line if there is one, or the end of the input has been seen."""
        octets = self._octets
        if octets[:1] == bytes((_END_OF_TRANSMISSION,)):
            self._has_ended = True
            octets.clear()
        end = octets.find(b"\n") + 1
        if end == 0:
            if not self._has_ended and (limit < 0 or len(octets) < limit):
                return None
            end = len(octets)
        text = octets[:end].decode(_ENCODING, "replace")
        if text.endswith("\r\n"):
            text = text[:-2] + "\n"
        if 0 <= limit < len(text):
            end = len(text[:limit].encode(_ENCODING))
            text = text[:limit]
        del octets[:end]
        return text

    def _receive(self) -> None:
        try:
            data = self._conn.recv(4096)  # switches
        except OSError:
            data = b""  # the client has gone
        if not data:
            self._has_ended = True
        self._octets += data
        if 0xFF in self._octets:
            self._octets[:] = _COMMAND.sub(self._obey, bytes(self._octets))

    def _obey(self, found: re.Match[bytes]) -> bytes:
        """React to a command of telnet; nothing of it is text."""
        verb, option, command = found.groups()
        if verb in _REFUSALS:
            self._conn.sendall(b"\xff" + _REFUSALS[verb] + option)  # switches
        elif command == _INTERRUPT_PROCESS:
            self._is_interrupted = True
        elif command == _END_OF_FILE:
            self._has_ended = True
        return b""


class ConsoleOutput(TextIOBase):
    """What a client sees; sent at once, one writer after the other."""

    is_broken: bool

    encoding = _ENCODING
    errors: str | None = _UNKNOWN
    newlines: None = None

    def __init__(self, conn: gevent_socket):
        self._conn = conn
        self._lock = Semaphore()
        # Whether something could not be sent: nobody sees what is written.
        self.is_broken = False

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the number of the connection's descriptor."""
        return self._conn.fileno()

    def write(self, text: str, /) -> int:
        """Send a text.

        Returns:
            Its length.

        Raises:
            TypeError: It is no text.
            OSError: The client has gone.

        Blocking:
            Switches to the hub while there is no room, or others are writing.
        """
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        octets = text.encode(_ENCODING, _UNKNOWN)
        with self._lock:  # switches
            try:
                self._conn.sendall(octets)  # switches
            except OSError:
                self.is_broken = True
                raise
        return len(text)


class InteractiveConsole(code.InteractiveConsole):
    """A console that talks to its client, whatever the code does to ``sys``.

    The banner shows the name of the class.

    Args:
        namespace: Where the code runs.
        stdin: What the client types.
        stdout: What it sees.
    """

    def __init__(
        self, namespace: dict[str, object], stdin: ConsoleInput, stdout: ConsoleOutput
    ):
        code.InteractiveConsole.__init__(self, namespace)
        self._stdin = stdin
        self._stdout = stdout

    def raw_input(self, prompt: object = "") -> str:
        """Prompt for a line and return it without its end.

        Raises:
            EOFError: There is none.
        """
        self._stdout.write(str(prompt))  # switches
        line = self._stdin.readline()  # switches
        if not line:
            raise EOFError
        return line.removesuffix("\n")

    def runcode(self, code: CodeType) -> None:
        """Run code; errors are shown, but what ends the session ends it."""
        try:
            exec(code, self.locals)  # switches
        except (SystemExit, GreenletExit):
            # The latter is how the server kills sessions.
            raise
        except BaseException:  # last resort: it is the client's, like its code
            self.showtraceback()
