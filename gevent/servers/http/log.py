"""What servers log: lines that nobody can forge, and files that swallow or pass on."""

from __future__ import annotations

import re
import sys
import time
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

    class Writable(Protocol):
        """Where log lines go."""

        def write(self, text: str, /) -> object:
            """Take a line, its end included."""


__all__ = ("LoggingLogAdapter", "access_line", "log_of")

# Characters. Longer requests are cut.
LONGEST_LINE = 8192

# Code point -> what stands for it.
_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), 34, 92, *range(127, 256))}
_cut_escape = re.compile(r"\\(?:x.?|u.{0,3}|U.{0,7})?$")

# The last second that was formatted, and its text; replaced as a whole.
_last_time = (-1, "")
# What is shown for hosts and statuses; no more than so many.
_N_KNOWN = 512
_known_hosts: dict[str, str] = {}
_known_codes: dict[bytes, str] = {}


def access_line(
    address: object,
    requestline: str | bytes | None,
    status: str | bytes | int | None,
    length: int | None,
    seconds: float | None,
) -> str:
    r"""Return a line of the access log, without its end.

    Args:
        address: Of the client; of a tuple the first part is shown.
        requestline: The first line of the request, as it came.
        status: The code or the whole status.
        length: How many octets were sent; None or 0: it is not known.
        seconds: How long it took; None: it is not known.

    Returns:
        What shows each octet that is not printable ASCII, a quotation mark or a
        backslash as ``\xNN``, in at most 8,192 characters.
    """
    begin = f'{shown_address(address)} - - [{time_text()}] "'
    took = "-" if seconds is None else f"{seconds:.6f}"
    end = f'" {code_of(status)} {length or "-"} {took}'
    request = escape(requestline or "")
    room = LONGEST_LINE - len(begin) - len(end)
    if len(request) > room:
        request = _cut_escape.sub("", request[: max(room - 3, 0)]) + "..."
    return begin + request + end


def escape(text: str | bytes) -> str:
    """Return *text* with escapes for all that could forge a line of a log."""
    if isinstance(text, bytes):
        text = text.decode("latin-1")
    # Of ASCII, what is printable is 0x20 to 0x7e; a regular expression takes longer.
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return text
    escaped = text.translate(_ESCAPES)
    if escaped.isascii():
        return escaped
    return escaped.encode("ascii", "backslashreplace").decode("ascii")


def time_text() -> str:
    """Return the local time as ``YYYY-MM-DD HH:MM:SS``; one text per second."""
    global _last_time
    second = int(time.time())
    last, text = _last_time
    if second != last:
        text = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(second))
        _last_time = second, text
    return text


def shown_address(address: object) -> str:
    """Return how a client's address is shown: its host, if it has one."""
    host = address
    if isinstance(address, tuple) and address:
        host = cast("tuple[object, ...]", address)[0]
    if type(host) is str:
        known = _known_hosts.get(host)
        if known is not None:
            return known
    if not host:
        return "-"
    shown = escape(host if isinstance(host, (str, bytes)) else str(host))[:256]
    if type(host) is str and len(_known_hosts) < _N_KNOWN:
        _known_hosts[host] = shown
    return shown


def code_of(status: str | bytes | int | None) -> str:
    """Return the code of a status."""
    if type(status) is bytes:
        known = _known_codes.get(status)
        if known is not None:
            return known
    if status is None or isinstance(status, int):
        return "-" if status is None else str(status)
    text = status.decode("latin-1") if isinstance(status, bytes) else status
    code = escape(text.partition(" ")[0])[:32] or "-"
    if type(status) is bytes and len(_known_codes) < _N_KNOWN:
        _known_codes[status] = code
    return code


class Logger(Protocol):
    """A logger, as of :mod:`logging`."""

    def log(self, level: int, msg: object, /) -> object:
        """Log a message."""


class LoggingLogAdapter:
    """A file that passes what is written on to a logger.

    All other attributes are the logger's, for setting and deleting too.

    Args:
        logger: Has a method ``log(level, message)``.
        level: The first argument of that.
    """

    __slots__ = ("_logger", "_level")

    _logger: Logger
    _level: int

    def __init__(self, logger: Logger, level: int = 20):
        object.__setattr__(self, "_logger", logger)
        object.__setattr__(self, "_level", level)

    def write(self, msg: str) -> None:
        """Log a message without the end of its line."""
        if msg and msg.endswith("\n"):
            msg = msg[:-1]
        self._logger.log(self._level, msg)

    def flush(self) -> None:
        """Do nothing: the logger's handlers do."""

    def writelines(self, lines: Iterable[str]) -> None:
        """Log each line."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> object:
        if name in LoggingLogAdapter.__slots__:
            raise AttributeError(name)  # not initialised: there is no logger to ask
        return getattr(self._logger, name)

    def __setattr__(self, name: str, value: object) -> None:
        if name in LoggingLogAdapter.__slots__:
            object.__setattr__(self, name, value)
        else:
            setattr(self._logger, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._logger, name)


class _NoopLog:
    """A file that swallows what is written."""

    def write(self, *args: object) -> None:
        """Do nothing."""

    def flush(self) -> None:
        """Do nothing."""

    def writelines(self, *args: object) -> None:
        """Do nothing."""


def log_of(given: object, logging_level: int) -> Writable:
    """Return what the log lines go to, for what a program gave."""
    if given == "default":
        return sys.stderr
    if given is None:
        return _NoopLog()
    if not hasattr(given, "write") and hasattr(given, "log"):
        return LoggingLogAdapter(cast("Logger", given), logging_level)
    return cast("Writable", given)
