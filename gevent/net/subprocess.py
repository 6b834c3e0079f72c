"""Child processes whose ends and pipes block the calling greenlet only.

The home of ``gevent.subprocess``. Starting a process is left to the standard library,
with its fast paths; waiting for it is done by a child watcher of the loop, and pipes
are file objects (``gevent.fileobject``).

Invariants of a :class:`Popen`:

* POPEN1  Until ``returncode`` is known, a child watcher of some loop waits for the
  process. It holds ``result`` but not the Popen, so that a dropped one closes its
  pipes.
* POPEN2  Only the watcher and ``poll`` reap the process; whoever does calls ``_ended``,
  which sets ``returncode`` and ``result``, once.

Threads: any may use a Popen. ``returncode`` goes from None to its value once, under
the GIL; a thread that reaps in ``poll`` leaves the watcher to the thread of its loop.
"""

from __future__ import annotations

import os
import signal as signal  # programs take it from here
import subprocess as _stdlib
import weakref
from functools import partial
from subprocess import PIPE, CalledProcessError, TimeoutExpired

from gevent._base import originals
from gevent._base.checking import TYPE_CHECKING, cast
from gevent._base.mirror import mirror, public_names
from gevent._base.publish import publish
from gevent._hub.hub import get_hub, linkproxy
from gevent._hub.timeout import Timeout
from gevent._native.io.fd_table import claim
from gevent.net.fileobject import FileObject
from gevent.net.process.blocking_copies import BlockingCopies
from gevent.net.process.children import disown, settle, watch
from gevent.net.process.communicate import Communication
from gevent.net.process.preexec import Preexec
from gevent.sync.event import AsyncResult

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from gevent._loop.watchers import child
    from gevent.net.process.communicate import Pipe

    class OriginalPopen:
        """What is used of the standard library's class, private parts included."""

        args: str  # or a sequence, or a path
        stdin: Pipe | None
        stdout: Pipe | None
        stderr: Pipe | None
        pid: int  # None until there is a process
        returncode: int | None
        text_mode: bool
        encoding: str | None
        errors: str | None
        _child_created: bool
        _sigint_wait_secs: float

        def __init__(self, *args: object, **kwargs: object): ...
        def __enter__(self) -> Self: ...
        def __exit__(self, *args: object) -> None: ...
        def kill(self) -> None:
            """Send SIGKILL."""

        def wait(self, timeout: float | None = None) -> int:
            """Wait for the end."""
            ...

        def _get_handles(self, *redirections: object) -> tuple[int, ...]: ...
        def _execute_child(self, *args: object) -> None: ...

else:
    # Also in a patched process, where subprocess.Popen is the class below.
    OriginalPopen = originals.get("subprocess", "Popen")

# Private names that programs take from the module.
_PRIVATE = (
    "_USE_POSIX_SPAWN",
    "_USE_VFORK",
    "_args_from_interpreter_flags",
    "_fork_exec",
    "_optim_args_from_interpreter_flags",
    "_posixsubprocess",
    "_use_posix_spawn",
    "list2cmdline",
)


# Where the standard library's _execute_child() takes what differs here: args,
# executable, preexec_fn, close_fds, pass_fds, cwd, env, startupinfo, creationflags,
# shell, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, ...
_PLACE_OF_PREEXEC_FN = 2
_PLACES_OF_ENDS = (11, 12, 14)


class CompletedProcess(_stdlib.CompletedProcess[object]):
    """What :func:`run` returns: arguments, return code, and captured output."""


class Popen(OriginalPopen):
    """Start a process; the arguments are those of ``subprocess.Popen``.

    Pipes are file objects of ``gevent.fileobject``. It can be waited for with
    :func:`gevent.wait`.

    Raises:
        OSError: The process could not be started.
        ValueError: An argument is wrong.

    Blocking:
        Blocks the thread until the program runs, as the system does; *preexec_fn*
        delays that.
    Thread safety:
        From any thread; the loop of the one that starts it waits for it.
    """

    def __init__(
        self,
        args: object,
        bufsize: object = -1,
        executable: object = None,
        stdin: object = None,
        stdout: object = None,
        stderr: object = None,
        preexec_fn: object = None,
        close_fds: object = True,
        shell: object = False,
        cwd: object = None,
        env: object = None,
        universal_newlines: object = None,
        startupinfo: object = None,
        creationflags: object = 0,
        restore_signals: object = True,
        start_new_session: object = False,
        pass_fds: object = (),
        encoding: object = None,
        errors: object = None,
        text: object = None,
        group: object = None,
        extra_groups: object = None,
        user: object = None,
        umask: object = -1,
        pipesize: object = -1,
        process_group: object = None,
        threadpool: object = None,
    ):
        if threadpool is not None:
            raise ValueError("threadpool is only supported on Windows platforms")
        self.result: AsyncResult = AsyncResult()
        self._bufsize = -1 if bufsize is None else bufsize
        self._watcher: child | None = None
        self._exchange: Communication | None = None
        self._links: list[tuple[object, Callable[..., object]]] = []
        self._ends: list[int] = []
        self._copies = BlockingCopies()
        try:
            OriginalPopen.__init__(
                self,
                args,
                bufsize,
                executable,
                stdin,
                stdout,
                stderr,
                preexec_fn,
                close_fds,
                shell,
                cwd,
                env,
                universal_newlines,
                startupinfo,
                creationflags,
                restore_signals,
                start_new_session,
                pass_fds,
                encoding=encoding,
                errors=errors,
                text=text,
                group=group,
                extra_groups=extra_groups,
                user=user,
                umask=umask,
                pipesize=pipesize,
                process_group=process_group,
            )
        except BaseException:
            self._close_ends()
            raise
        finally:
            self._copies.close()

    # -- starting -----------------------------------------------------------------

    def _get_handles(self, *redirections: object) -> tuple[int, ...]:
        """Make the pipes, but hide our ends: the standard library opens no files."""
        handles = OriginalPopen._get_handles(self, *redirections)
        p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite = handles
        self._ends[:] = p2cwrite, c2pread, errread
        for fd in self._ends:
            if fd != -1:
                claim(fd)
        find = self._copies.find
        return find(p2cread, 0), -1, -1, find(c2pwrite, 1), -1, find(errwrite, 2)

    def _execute_child(self, *args: object) -> None:
        """Start the process, with our ends of the pipes as file objects."""
        # In virtual time nobody can wait for it: refused before it is there.
        assert get_hub().loop.children is not None
        given = list(args)
        for place, fd in zip(_PLACES_OF_ENDS, self._ends, strict=True):
            given[place] = fd
        self._open_pipes()
        preexec_fn = cast("Callable[[], object] | None", given[_PLACE_OF_PREEXEC_FN])
        if preexec_fn is None:
            OriginalPopen._execute_child(self, *given)
        else:
            with Preexec(preexec_fn) as given[_PLACE_OF_PREEXEC_FN]:
                OriginalPopen._execute_child(self, *given)
        # A patched posix_spawn watches what it starts.
        disown(self.pid)
        try:
            self._watch()
        except OSError:
            # No descriptors, but the process runs. Who waits for it tries again.
            return

    def _open_pipes(self) -> None:
        """Make file objects of our ends; who makes a process closes what is made."""
        self.stdin = self._open_pipe("w")
        self.stdout = self._open_pipe("r")
        self.stderr = self._open_pipe("r")

    def _open_pipe(self, mode: str) -> Pipe | None:
        # A file object closes its descriptor also when it cannot be made.
        fd = self._ends.pop(0)
        if fd == -1:
            return None
        if not self.text_mode:
            return cast("Pipe", FileObject(fd, mode + "b", self._bufsize))
        pipe = FileObject(
            fd, mode, self._bufsize, encoding=self.encoding, errors=self.errors
        )
        return cast("Pipe", pipe)

    def _close_ends(self) -> None:
        """Close those of our ends that are no file objects yet."""
        while self._ends:
            fd = self._ends.pop()
            if fd != -1:
                originals.get("os", "close")(fd)

    def pipe_cloexec(self) -> tuple[int, int]:
        """Return a pipe whose ends are not inherited by programs."""
        return os.pipe()

    # -- the end ------------------------------------------------------------------

    def _watch(self) -> None:
        """Let the loop of this thread tell when the process has ended (POPEN1)."""
        while _dropped:
            settle(_dropped.pop())
        told = partial(_on_end, weakref.ref(self), self.result)
        self._watcher = watch(self.pid, told, ref=True)

    def _is_watched(self) -> bool:
        watcher = self._watcher
        return watcher is not None and watcher.active and not watcher.loop.closing

    def _ended(self, code: int) -> None:
        """The process was reaped (POPEN2)."""
        if self.returncode is None:
            self.returncode = code
            self.result.set(code)

    def _internal_poll(self, _deadstate: int | None = None) -> int | None:
        """Look whether the process has ended; reap it then."""
        if self.returncode is None and self.pid is not None:
            self._look(_deadstate)
        if self.returncode is not None:
            self._settle(None)
        return self.returncode

    def _settle(self, status: int | None) -> None:
        """Who has the Popen knows of the end: ``os.wait`` is not to tell of it."""
        if self._watcher is not None:
            settle(self._watcher, status)

    def _look(self, _deadstate: int | None) -> None:
        watcher = self._watcher
        if watcher is not None and watcher.rpid:
            # The loop has reaped it; the callback is on the way.
            self._ended(os.waitstatus_to_exitcode(watcher.rstatus))
            return
        try:
            pid, status = originals.get("os", "waitpid")(self.pid, os.WNOHANG)
        except ChildProcessError:
            # If another thread's loop has reaped it, that will tell.
            if not self._is_watched():
                self._ended(0 if _deadstate is None else _deadstate)
            return
        if pid:
            self._ended(os.waitstatus_to_exitcode(status))
            self._settle(status)

    def _wait(self, timeout: float | None) -> int:
        """wait(), but for what a KeyboardInterrupt does there."""
        if self._internal_poll() is None:
            if not self._is_watched():
                self._watch()  # the loop that did is gone
            seconds = None if timeout is None else max(0.0, timeout)
            self.result.wait(seconds)  # switches
            if self.returncode is None:
                raise TimeoutExpired(self.args, cast("float", timeout))
            self._settle(None)
        return cast("int", self.returncode)

    def rawlink(self, callback: Callable[[Self], object]) -> None:
        """Call ``callback(self)`` in the hub when the process has ended."""
        link = linkproxy(cast("Callable[[object], object]", callback), self)
        self._links.append((callback, link))
        self.result.rawlink(link)

    def unlink(self, callback: Callable[[Self], object]) -> None:
        """Take one link back; nothing happens if there is none."""
        for pair in self._links:
            if pair[0] == callback:
                self._links.remove(pair)
                self.result.unlink(pair[1])
                return

    def __del__(self) -> None:
        # Nobody warns: a process may outlive the interest in it. If no loop waits for
        # it, whoever starts the next process reaps it.
        if not self._child_created or self._is_watched():
            return
        if self.returncode is not None:
            self._settle(None)
            return
        still_running: list[Popen] | None = getattr(_stdlib, "_active", None)
        if self._internal_poll() is None and still_running is not None:
            still_running.append(self)

    # -- talking ------------------------------------------------------------------

    def communicate(
        self, input: object = None, timeout: float | None = None
    ) -> tuple[object, object]:
        """Send *input*, read all output, wait for the process.

        Args:
            input: What the process reads, if its stdin is a pipe.
            timeout: Seconds; None: for ever.

        Returns:
            (output, errors), None for what is no pipe, nothing for what the program has
            closed. When called again, the same.

        Raises:
            TimeoutExpired: It took longer. Nothing is lost: call it again.
            ValueError: It is called again, with *input*.

        Blocking:
            Switches to the hub.
        Cancellation:
            Reading goes on; call it again, or leave the ``with`` block.
        Thread safety:
            Only from the thread that began.
        """
        if self._exchange is None:
            pipes = self.stdin, self.stdout, self.stderr
            self._exchange = Communication(*pipes, input, self.text_mode)
        elif input:
            raise ValueError("Cannot send input after starting communication")
        limit = Timeout(None if timeout is None else max(0.0, timeout))
        try:
            with limit:
                self._exchange.finish()  # switches
                self.wait()  # switches
        except KeyboardInterrupt:
            self._wait_politely()  # switches
            raise
        except Timeout as expired:
            if expired is not limit:
                raise
            output, errors = self._exchange.so_far()
            raise TimeoutExpired(
                self.args, cast("float", timeout), output=output, stderr=errors
            ) from None
        return self._exchange.results()

    def _wait_politely(self) -> None:
        """Let the process end by itself, once: it got the SIGINT of a terminal, too."""
        seconds, self._sigint_wait_secs = self._sigint_wait_secs, 0.0
        try:
            self._wait(seconds)  # switches
        except TimeoutExpired:
            return

    def __exit__(self, *args: object) -> None:
        try:
            if self._exchange is not None:
                self._exchange.kill()  # switches
        finally:
            super().__exit__(*args)  # switches

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} at 0x{id(self):x} pid={self.pid!r} "
            f"returncode={self.returncode!r}>"
        )


# Watchers of processes that ended without a Popen. As with the standard library, who
# asks the system may be told of them until the next process is started.
_dropped: list[child] = []


def _on_end(popen: weakref.ref[Popen], result: AsyncResult, watcher: child) -> None:
    """The loop reaped the process; in the hub."""
    code = os.waitstatus_to_exitcode(watcher.rstatus)
    alive = popen()
    if alive is not None:
        alive._ended(code)
    else:
        _dropped.append(watcher)
        if not result.ready():
            result.set(code)


def call(*args: object, timeout: float | None = None, **kwargs: object) -> int:
    """Run a program; return its return code.

    Args:
        args: As of :class:`Popen`.
        timeout: Seconds; None: for ever.
        kwargs: As of :class:`Popen`.

    Raises:
        TimeoutExpired: It took longer, and was killed.

    Blocking:
        Switches to the hub until it has ended.
    Cancellation:
        The process is killed and reaped.
    """
    with Popen(*args, **kwargs) as process:
        try:
            return process.wait(timeout)  # switches
        except BaseException:
            process.kill()
            raise


def check_call(*args: object, timeout: float | None = None, **kwargs: object) -> int:
    """As :func:`call`, for programs that must succeed.

    Returns:
        0.

    Raises:
        CalledProcessError: The return code is not 0.

    Blocking:
        Switches to the hub until it has ended.
    """
    code = call(*args, timeout=timeout, **kwargs)  # switches
    if code:
        command = kwargs["args"] if "args" in kwargs else args[0]
        raise CalledProcessError(code, cast("str", command))
    return 0


def check_output(
    *args: object, timeout: float | None = None, **kwargs: object
) -> object:
    """Run a program that must succeed; return what it writes.

    Args:
        args: As of :class:`Popen`.
        timeout: Seconds; None: for ever.
        kwargs: As of :func:`run`, but for ``stdout`` and ``check``.

    Raises:
        CalledProcessError: The return code is not 0.
        TimeoutExpired: It took longer, and was killed.
        ValueError: ``stdout`` or ``check`` is given.

    Blocking:
        Switches to the hub until it has ended.
    Cancellation:
        The process is killed and reaped.
    """
    for name in ("stdout", "check"):
        if name in kwargs:
            raise ValueError(f"{name} argument not allowed, it will be overridden.")
    if kwargs.get("input", b"") is None:
        # An explicit None is an empty input, not the stdin of this process.
        kwargs["input"] = "" if _is_text(kwargs) else b""
    kwargs |= {"stdout": PIPE, "check": True}
    return run(*args, timeout=timeout, **kwargs).stdout  # type: ignore[arg-type]  # checked by run()


def _is_text(kwargs: dict[str, object]) -> bool:
    names = ("universal_newlines", "text", "encoding", "errors")
    return any(kwargs.get(name) for name in names)


def run(
    *args: object,
    input: object = None,
    capture_output: bool = False,
    timeout: float | None = None,
    check: bool = False,
    **kwargs: object,
) -> CompletedProcess:
    """Run a program to its end.

    Args:
        args: As of :class:`Popen`.
        input: What it reads.
        capture_output: Whether to read what it writes, both kinds.
        timeout: Seconds; None: for ever.
        check: Whether a return code other than 0 is an error.
        kwargs: As of :class:`Popen`.

    Returns:
        What is known of it.

    Raises:
        CalledProcessError: The return code is not 0, and *check* is true.
        TimeoutExpired: It took longer, and was killed.
        ValueError: A pipe is given twice.

    Blocking:
        Switches to the hub until it has ended.
    Cancellation:
        The process is killed and reaped.
    """
    if input is not None:
        if kwargs.get("stdin") is not None:
            raise ValueError("stdin and input arguments may not both be used.")
        kwargs["stdin"] = PIPE
    if capture_output:
        if kwargs.get("stdout") is not None or kwargs.get("stderr") is not None:
            raise ValueError(
                "stdout and stderr arguments may not be used with capture_output."
            )
        kwargs["stdout"] = kwargs["stderr"] = PIPE
    with Popen(*args, **kwargs) as process:
        try:
            stdout, stderr = process.communicate(input, timeout)  # switches
        except BaseException:
            process.kill()
            raise
    code = cast("int", process.returncode)
    done = CompletedProcess(process.args, code, stdout, stderr)
    if check and code:
        # By name, as there: `args` of the exception are the first two.
        raise CalledProcessError(
            code,
            cast("str", done.args),
            output=cast("bytes", stdout),
            stderr=cast("bytes", stderr),
        )
    return done


mirror(
    "subprocess",
    globals(),
    implements=(
        "CompletedProcess",
        "Popen",
        "call",
        "check_call",
        "check_output",
        "run",
    ),
    imports=public_names("subprocess") | set(_PRIVATE),
    export_imports=True,
)
# It has no underscore, but is an internal detail to the standard library as well.
globals()["__all__"].remove("list2cmdline")

publish(__name__, "gevent.subprocess")
