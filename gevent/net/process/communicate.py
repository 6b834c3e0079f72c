"""The conversation with a child process: all its input in, all its output out."""

from __future__ import annotations

import io

from gevent._base.checking import TYPE_CHECKING, cast
from gevent._hub.greenlet import Greenlet, joinall, killall

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    class Pipe(Protocol):
        """A file object of ``gevent.fileobject``."""

        closed: bool
        # Of a text file only.
        buffer: Pipe

        def read(self, size: int, /) -> bytes:
            """Read what there is, at most *size*."""

        def readline(self) -> str:
            """Read a line."""

        def write(self, data: object, /) -> object:
            """Write everything."""

        def flush(self) -> object:
            """Hand on what is buffered."""

        def close(self) -> None:
            """Flush and close."""


__all__ = ("Communication",)

# How many bytes are read at a time: what pipes hold.
PIPE_SIZE = 65536


class Communication:
    """One greenlet for each pipe of a process.

    They go on when whoever waits for them is interrupted, so nothing is lost, and
    waiting can be resumed. The pipes are closed by the greenlets.

    Args:
        stdin: Where *data* goes, or None.
        stdout: What to read, or None.
        stderr: The same.
        data: The input; None or empty: none.
        is_text: Whether output is text, whatever the pipes are by now: programs put
            others in their place.
    """

    def __init__(
        self,
        stdin: Pipe | None,
        stdout: Pipe | None,
        stderr: Pipe | None,
        data: object,
        is_text: bool,
    ):
        self._output = None if stdout is None else Output(stdout, is_text)
        self._errors = None if stderr is None else Output(stderr, is_text)
        self._greenlets = [
            Greenlet.spawn(_guarded, output.collect)
            for output in (self._output, self._errors)
            if output is not None and not output.is_closed
        ]
        if stdin is not None and not _is_closed(stdin):
            self._greenlets.append(Greenlet.spawn(_guarded, _feed, stdin, data))

    def finish(self) -> None:
        """Wait for the end of all pipes.

        Raises:
            Exception: What one of the greenlets failed with.

        Blocking:
            Switches to the hub until then.
        Cancellation:
            The exchange goes on; call it again.
        """
        joinall(self._greenlets)  # switches
        for greenlet in self._greenlets:
            failure = greenlet.value
            if isinstance(failure, BaseException):
                raise failure

    def kill(self) -> None:
        """End it as it is.

        Blocking:
            Switches to the hub until the greenlets have ended.
        """
        killall(self._greenlets)  # switches

    def results(self) -> tuple[object, object]:
        """Return (output, errors), None where there was no pipe."""
        return _joined(self._output), _joined(self._errors)

    def so_far(self) -> tuple[bytes | None, bytes | None]:
        """Return the output until now as bytes, None for nothing."""
        return _encoded(self._output), _encoded(self._errors)


class Output:
    """What comes out of one pipe; nothing, if the program has closed that."""

    def __init__(self, pipe: Pipe, is_text: bool):
        self._pipe = pipe
        self.is_text = is_text
        self.is_closed: bool = _is_closed(pipe)
        # Looked up now: a closed file object does not say.
        self.encoding: str = "utf-8"
        self._source: object = pipe
        if not self.is_closed:
            self._look_at(getattr(pipe, "io", pipe))
        self.pieces: list[object] = []

    def _look_at(self, wrapped: object) -> None:
        self.encoding = getattr(wrapped, "encoding", None) or "utf-8"
        is_decoded = isinstance(wrapped, io.TextIOBase)
        if is_decoded and not self.is_text:
            self._source = wrapped.buffer  # type: ignore[attr-defined]  # where it decodes
        elif self.is_text and not is_decoded:
            self._source = io.TextIOWrapper(self._pipe)  # type: ignore[type-var]  # has all it calls

    def collect(self) -> None:
        """Read everything; the body of a greenlet."""
        try:
            for piece in self._read():  # switches
                self.pieces.append(piece)
        finally:
            self._pipe.close()

    def _read(self) -> Iterator[object]:
        """Read piece by piece what arrives, so that none waits for the next."""
        if self.is_text:
            # Lines: the decoder gives away nothing smaller without losing something
            # when it is interrupted.
            return iter(cast("Pipe", self._source).readline, "")
        source = cast("Pipe", self._source)
        read = getattr(source, "read1", source.read)
        return iter(lambda: read(PIPE_SIZE), b"")


def _is_closed(pipe: Pipe) -> bool:
    # Programs put other objects in the place of a pipe: a mock has any attribute.
    return getattr(pipe, "closed", False) is True


def _feed(stdin: Pipe, data: object) -> None:
    """Write *data* and close; a process that does not want it is no error."""
    try:
        if data:
            is_decoded = isinstance(cast("object", stdin), io.TextIOWrapper)
            if is_decoded and not isinstance(data, str):
                stdin.flush()  # switches
                stdin.buffer.write(data)  # switches
            else:
                stdin.write(data)  # switches
        # By its own name: programs put other objects in the place of the pipe.
        stdin.flush()  # switches
    except BrokenPipeError:
        pass
    finally:
        try:
            stdin.close()  # switches
        except BrokenPipeError:
            pass


def _guarded(function: object, *args: object) -> Exception | None:
    """Return the exception of a greenlet: it is raised where somebody waits."""
    try:
        function(*args)  # type: ignore[operator]  # a function of this module
    except Exception as error:  # last resort: handed to whoever communicates
        return error
    return None


def _joined(output: Output | None) -> object:
    if output is None:
        return None
    if output.is_text:
        return "".join(cast("list[str]", output.pieces))
    return b"".join(cast("list[bytes]", output.pieces))


def _encoded(output: Output | None) -> bytes | None:
    joined = _joined(output)
    if isinstance(joined, str) and output is not None:
        joined = joined.encode(output.encoding, "surrogateescape")
    return cast("bytes", joined) or None
