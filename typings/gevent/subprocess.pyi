import subprocess
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from subprocess import (
    DEVNULL as DEVNULL,
)
from subprocess import (
    PIPE as PIPE,
)
from subprocess import (
    STDOUT as STDOUT,
)
from subprocess import (
    CalledProcessError as CalledProcessError,
)
from subprocess import (
    SubprocessError as SubprocessError,
)
from subprocess import (
    TimeoutExpired as TimeoutExpired,
)
from subprocess import (
    call as call,
)
from subprocess import (
    check_call as check_call,
)
from subprocess import (
    check_output as check_output,
)
from subprocess import (
    getoutput as getoutput,
)
from subprocess import (
    getstatusoutput as getstatusoutput,
)
from subprocess import (
    list2cmdline as list2cmdline,
)
from subprocess import (
    run as run,
)
from typing import IO, Any, AnyStr, Literal, Self, TypeAlias, overload

from _typeshed import StrOrBytesPath

from gevent.event import AsyncResult
from gevent.hub import _Waitable

_Args: TypeAlias = StrOrBytesPath | Sequence[StrOrBytesPath]
_Redirection: TypeAlias = int | IO[Any] | None
_Environment: TypeAlias = (
    Mapping[str, StrOrBytesPath] | Mapping[bytes, StrOrBytesPath] | None
)

# run() and its like return what those of the standard library return, and more.

class CompletedProcess(subprocess.CompletedProcess[AnyStr]): ...

class Popen(subprocess.Popen[AnyStr], _Waitable):
    result: AsyncResult[int]
    @overload
    def __init__(
        self: Popen[str],
        args: _Args,
        bufsize: int = -1,
        executable: StrOrBytesPath | None = None,
        stdin: _Redirection = None,
        stdout: _Redirection = None,
        stderr: _Redirection = None,
        preexec_fn: Callable[[], object] | None = None,
        close_fds: bool = True,
        shell: bool = False,
        cwd: StrOrBytesPath | None = None,
        env: _Environment = None,
        universal_newlines: bool | None = None,
        startupinfo: None = None,
        creationflags: int = 0,
        restore_signals: bool = True,
        start_new_session: bool = False,
        pass_fds: Collection[int] = (),
        encoding: str | None = None,
        errors: str | None = None,
        *,
        text: Literal[True],
        group: str | int | None = None,
        extra_groups: Iterable[str | int] | None = None,
        user: str | int | None = None,
        umask: int = -1,
        pipesize: int = -1,
        process_group: int | None = None,
        threadpool: None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Popen[str],
        args: _Args,
        bufsize: int = -1,
        executable: StrOrBytesPath | None = None,
        stdin: _Redirection = None,
        stdout: _Redirection = None,
        stderr: _Redirection = None,
        preexec_fn: Callable[[], object] | None = None,
        close_fds: bool = True,
        shell: bool = False,
        cwd: StrOrBytesPath | None = None,
        env: _Environment = None,
        universal_newlines: bool | None = None,
        startupinfo: None = None,
        creationflags: int = 0,
        restore_signals: bool = True,
        start_new_session: bool = False,
        pass_fds: Collection[int] = (),
        *,
        encoding: str,
        errors: str | None = None,
        text: bool | None = None,
        group: str | int | None = None,
        extra_groups: Iterable[str | int] | None = None,
        user: str | int | None = None,
        umask: int = -1,
        pipesize: int = -1,
        process_group: int | None = None,
        threadpool: None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Popen[str],
        args: _Args,
        bufsize: int = -1,
        executable: StrOrBytesPath | None = None,
        stdin: _Redirection = None,
        stdout: _Redirection = None,
        stderr: _Redirection = None,
        preexec_fn: Callable[[], object] | None = None,
        close_fds: bool = True,
        shell: bool = False,
        cwd: StrOrBytesPath | None = None,
        env: _Environment = None,
        universal_newlines: bool | None = None,
        startupinfo: None = None,
        creationflags: int = 0,
        restore_signals: bool = True,
        start_new_session: bool = False,
        pass_fds: Collection[int] = (),
        encoding: str | None = None,
        *,
        errors: str,
        text: bool | None = None,
        group: str | int | None = None,
        extra_groups: Iterable[str | int] | None = None,
        user: str | int | None = None,
        umask: int = -1,
        pipesize: int = -1,
        process_group: int | None = None,
        threadpool: None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Popen[str],
        args: _Args,
        bufsize: int = -1,
        executable: StrOrBytesPath | None = None,
        stdin: _Redirection = None,
        stdout: _Redirection = None,
        stderr: _Redirection = None,
        preexec_fn: Callable[[], object] | None = None,
        close_fds: bool = True,
        shell: bool = False,
        cwd: StrOrBytesPath | None = None,
        env: _Environment = None,
        *,
        universal_newlines: Literal[True],
        startupinfo: None = None,
        creationflags: int = 0,
        restore_signals: bool = True,
        start_new_session: bool = False,
        pass_fds: Collection[int] = (),
        encoding: str | None = None,
        errors: str | None = None,
        text: bool | None = None,
        group: str | int | None = None,
        extra_groups: Iterable[str | int] | None = None,
        user: str | int | None = None,
        umask: int = -1,
        pipesize: int = -1,
        process_group: int | None = None,
        threadpool: None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Popen[bytes],
        args: _Args,
        bufsize: int = -1,
        executable: StrOrBytesPath | None = None,
        stdin: _Redirection = None,
        stdout: _Redirection = None,
        stderr: _Redirection = None,
        preexec_fn: Callable[[], object] | None = None,
        close_fds: bool = True,
        shell: bool = False,
        cwd: StrOrBytesPath | None = None,
        env: _Environment = None,
        universal_newlines: Literal[False] | None = None,
        startupinfo: None = None,
        creationflags: int = 0,
        restore_signals: bool = True,
        start_new_session: bool = False,
        pass_fds: Collection[int] = (),
        encoding: None = None,
        errors: None = None,
        text: Literal[False] | None = None,
        group: str | int | None = None,
        extra_groups: Iterable[str | int] | None = None,
        user: str | int | None = None,
        umask: int = -1,
        pipesize: int = -1,
        process_group: int | None = None,
        threadpool: None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: Popen[Any],
        args: _Args,
        bufsize: int = -1,
        executable: StrOrBytesPath | None = None,
        stdin: _Redirection = None,
        stdout: _Redirection = None,
        stderr: _Redirection = None,
        preexec_fn: Callable[[], object] | None = None,
        close_fds: bool = True,
        shell: bool = False,
        cwd: StrOrBytesPath | None = None,
        env: _Environment = None,
        universal_newlines: bool | None = None,
        startupinfo: None = None,
        creationflags: int = 0,
        restore_signals: bool = True,
        start_new_session: bool = False,
        pass_fds: Collection[int] = (),
        encoding: str | None = None,
        errors: str | None = None,
        text: bool | None = None,
        group: str | int | None = None,
        extra_groups: Iterable[str | int] | None = None,
        user: str | int | None = None,
        umask: int = -1,
        pipesize: int = -1,
        process_group: int | None = None,
        threadpool: None = None,
    ) -> None: ...
    def rawlink(self, callback: Callable[[Self], object]) -> None: ...
    def unlink(self, callback: Callable[[Self], object]) -> None: ...
    def pipe_cloexec(self) -> tuple[int, int]: ...
