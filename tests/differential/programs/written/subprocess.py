"""Programs about ``gevent.subprocess``: running, redirecting, and what goes wrong."""

from __future__ import annotations

import os
import signal
import sys
import tempfile

from differential import each

MODULE = "gevent.subprocess"
TWIN = "subprocess"

SHELL = "/bin/sh"
NAMES = (
    *("CalledProcessError", "CompletedProcess", "DEVNULL", "PIPE", "Popen", "STDOUT"),
    *("SubprocessError", "TimeoutExpired", "call", "check_call", "check_output"),
    *("getoutput", "getstatusoutput", "run"),
)


def _start(case, text, **kwargs):
    """Start a shell that runs *text*."""
    return case.module.Popen([SHELL, "-c", text], **kwargs)


def _details(case, error):
    case.attributes(error, "args", "cmd", "returncode", "output", "stdout", "stderr")
    case.attributes(error, "timeout")


def _caught(case, function, *args, **kwargs):
    try:
        case.show("returned", function(*args, **kwargs))
    except Exception as error:
        case.show("raised", error)
        return error
    return None


@each(
    "PIPE",
    "STDOUT",
    "DEVNULL",
    "CalledProcessError",
    "TimeoutExpired",
    "SubprocessError",
    "CompletedProcess",
    "Popen",
    "list2cmdline",
    "_args_from_interpreter_flags",
    "_active",
    "_USE_VFORK",
    "_USE_POSIX_SPAWN",
    "signal",
    "os",
    "io",
    "time",
    "threading",
    "selectors",
    "STARTUPINFO",
    "CREATE_NEW_CONSOLE",
)
def name(case, name):
    value = getattr(case.module, name, "missing")
    case.show(name, type(value).__name__)


def constants(case):
    module = case.module
    case.show("values", (module.PIPE, module.STDOUT, module.DEVNULL))
    case.show("all", sorted(n for n in module.__all__ if n in NAMES))
    case.show("bases", module.TimeoutExpired.__mro__)
    case.show("bases", module.CalledProcessError.__mro__)


@each("exit 0", "exit 3", "exit 255", "kill -9 $$", "kill -15 $$", "kill -6 $$")
def return_code(case, text):
    process = _start(case, text)
    case.call(process.wait)
    case.call(process.poll)
    case.call(process.wait, timeout=0)
    case.attributes(process, "returncode", "args")
    case.show("str", str(process.pid) == str(int(process.pid)))


@each("exit 3", "kill -9 $$", "kill -64 $$", "kill -40 $$")
def check_error(case, text):
    error = _caught(case, case.module.check_call, [SHELL, "-c", text])
    _details(case, error)
    error = _caught(case, case.module.check_output, [SHELL, "-c", "echo out;" + text])
    _details(case, error)
    error = _caught(case, case.module.run, [SHELL, "-c", text], check=True)
    _details(case, error)
    case.call(case.module.call, [SHELL, "-c", text])


@each(1, 15, 9, "TERM", None, 0, 1000, -1)
def send_signal(case, number):
    process = _start(case, "read x", stdin=case.module.PIPE)
    case.call(process.send_signal, number)
    process.kill()
    case.show("ended", process.wait() < 0)
    case.call(process.send_signal, number)
    process.stdin.close()


@each("terminate", "kill", "poll", "wait", "communicate")
def afterwards(case, name):
    process = _start(case, "exit 4")
    case.call(process.wait)
    case.call(getattr(process, name))
    case.call(getattr(process, name))
    case.attributes(process, "returncode", "stdin", "stdout", "stderr")


def signal_for_a_reaped_process_is_sent_to_nobody(case):
    process = _start(case, "exit 5")
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    case.call(process.send_signal, signal.SIGTERM)
    case.show("returncode", process.returncode)
    case.call(process.wait)


def process_that_was_reaped_by_other_code(case):
    process = _start(case, "exit 5")
    try:
        os.waitpid(process.pid, 0)
    except ChildProcessError:
        case.show("reaped", "before")
    case.call(process.wait)


@each(
    {},
    {"start_new_session": True},
    {"process_group": 0},
    {"close_fds": False},
    {"restore_signals": False},
    {"umask": 0o27},
    {"pipesize": 8192},
    {"bufsize": 0},
    {"bufsize": 100},
    {"cwd": "/"},
    {"env": {"A": "b"}},
    {"user": 0},
    {"group": 0},
    {"extra_groups": []},
    {"extra_groups": [0]},
    {"executable": "/bin/sh"},
    {"creationflags": 0},
    {"startupinfo": None},
    {"preexec_fn": os.getpid},
)
def option(case, kwargs):
    text = "echo $A; umask; pwd; ps -o sid= -p $$ | wc -l; id -u"
    pipe = case.module.PIPE
    process = _start(case, text, stdout=pipe, stderr=pipe, **kwargs)
    case.hide(os.getcwd(), "CWD")
    case.call(process.communicate)
    case.show("returncode", process.returncode)


@each(
    {"cwd": "/missing"},
    {"cwd": b"/missing"},
    {"cwd": "/etc/passwd"},
    {"cwd": 1},
    {"env": {"a=b": "c"}},
    {"env": {"a": "b\0"}},
    {"env": {1: 2}},
    {"env": 3},
    {"executable": "/missing"},
    {"executable": "/etc/passwd"},
    {"executable": "/"},
    {"user": "missing user"},
    {"user": -1},
    {"user": 1.5},
    {"group": "missing group"},
    {"group": -1},
    {"group": []},
    {"extra_groups": "root"},
    {"extra_groups": 5},
    {"extra_groups": ["missing group"]},
    {"extra_groups": [-1]},
    {"umask": "x"},
    {"umask": 1.5},
    {"process_group": "x"},
    {"process_group": -5},
    {"pass_fds": 5},
    {"pass_fds": (-1,)},
    {"pass_fds": ("x",)},
    {"pass_fds": (1000,)},
    {"bufsize": "x"},
    {"bufsize": None},
    {"bufsize": 1.5},
    {"bufsize": -2},
    {"pipesize": "x"},
    {"pipesize": 2**40},
    {"stdin": "x"},
    {"stdin": -7},
    {"stdin": 999},
    {"stdout": -2},
    {"stdout": 999},
    {"stderr": 999},
    {"stdin": object()},
    {"creationflags": 1},
    {"startupinfo": 1},
    {"encoding": "missing"},
    {"encoding": "missing", "stdout": -1},
    {"errors": "missing", "stdout": -1},
    {"text": False, "universal_newlines": True},
    {"text": True, "universal_newlines": False},
    {"preexec_fn": 1},
    {"missing": 1},
)
def wrong_option(case, kwargs):
    try:
        process = case.module.Popen([SHELL, "-c", "exit 3"], **kwargs)
    except Exception as error:
        case.show("raised", error)
        case.attributes(error, "filename", "filename2", "strerror")
        return
    case.call(process.wait)
    process.communicate()


@each(
    ["/missing"],
    "/missing",
    b"/missing",
    [b"/bin/echo", "x"],
    "",
    [],
    [""],
    None,
    5,
    ["a\0b"],
    ["/etc/passwd"],
    ["/"],
    ["true", 5],
    ["true", None],
    ("true",),
    {"true": 1},
    "true",
    "true x",
)
def command(case, args):
    try:
        process = case.module.Popen(args)
    except Exception as error:
        case.show("raised", error)
        case.attributes(error, "filename", "strerror")
        return
    case.show("args", process.args)
    case.call(process.wait)


@each("exit 3", ["exit 4"], ["echo $0 $1", "a", "b"], "missing command", b"exit 5", "")
def shell(case, args):
    done = case.call(case.module.run, args, shell=True, capture_output=True)
    if done is not None:
        case.attributes(done, "returncode", "args", "stdout")


class Odd(Exception):
    """An exception with a state."""


def _fail(case, error):
    def preexec():
        raise error

    return preexec


@each("ValueError('no')", "KeyError(1)", "OSError(2, 'odd')", "SystemExit(3)", "Odd()")
def preexec_fn_that_fails(case, text):
    error = eval(text)
    raised = _caught(case, case.module.Popen, ["true"], preexec_fn=_fail(case, error))
    case.attributes(raised, "args", "errno")


@each(
    ("exit 0", False),
    ("exit 3", False),
    ("exit 3", True),
    ("echo out; echo err >&2; exit 3", True),
)
def completed(case, value):
    text, check = value
    run = case.module.run
    done = case.call(run, [SHELL, "-c", text], capture_output=True, check=check)
    if done is None:
        return
    case.show("repr", repr(done))
    case.attributes(done, "args", "returncode", "stdout", "stderr")
    case.call(done.check_returncode)
    case.show("made", case.module.CompletedProcess(["a"], 1))
    case.show("made", case.module.CompletedProcess("a", 0, b"o", b"e"))


@each(
    {"input": b"x", "stdin": -1},
    {"capture_output": True, "stdout": -1},
    {"capture_output": True, "stderr": -2},
    {"input": "x"},
    {"input": 5},
    {"input": b"x", "text": True},
    {"input": "x", "text": True},
    {"input": b"", "stdout": -1},
    {"input": "\xe9", "encoding": "latin-1", "stdout": -1},
    {"input": "\xe9", "encoding": "ascii", "stdout": -1},
    {"input": bytearray(b"abc"), "stdout": -1},
    {"input": memoryview(b"abc"), "stdout": -1},
    {"check": True, "timeout": 100},
    {"timeout": None},
    {"stdout": -1, "stderr": -2},
    {"stdout": -3, "stderr": -3, "stdin": -3},
)
def run(case, kwargs):
    if "input" not in kwargs:
        kwargs = {"stdin": case.module.DEVNULL, **kwargs}
    done = case.call(case.module.run, ["cat"], **kwargs)
    if done is not None:
        case.attributes(done, "stdout", "stderr", "returncode")


@each(
    {"stdout": 1},
    {"check": True},
    {"check": False},
    {"input": b"abc"},
    {"input": None},
    {"input": None, "text": True},
    {"input": "abc", "universal_newlines": True},
    {"input": b"abc", "stdin": -1},
    {"stderr": -2, "input": b""},
    {"timeout": 100, "input": b""},
    {"encoding": "utf-8", "input": "\xe9"},
)
def check_output(case, kwargs):
    case.call(case.module.check_output, ["cat"], **kwargs)


@each(
    "echo out",
    "echo out; echo err >&2",
    "exit 3",
    "kill -9 $$",
    "printf x",
    "printf 'a\\n\\n'",
    "printf '\\377'",
    "",
    ["echo", "x"],
)
def getoutput(case, text):
    case.call(case.module.getoutput, text)
    case.call(case.module.getstatusoutput, text)


def getoutput_with_encoding(case):
    case.call(case.module.getoutput, "printf '\\351'", encoding="latin-1")
    case.call(case.module.getoutput, "printf '\\351'", errors="replace")
    case.call(case.module.getstatusoutput, "exit 4", encoding="ascii")


@each("call", "check_call", "check_output", "run")
def timeout_expires(case, name):
    function = getattr(case.module, name)
    error = _caught(case, function, ["sleep", "100"], timeout=0.01)
    _details(case, error)


@each("wait", "communicate")
def timeout_expires_and_it_goes_on(case, name):
    pipe = case.module.PIPE
    process = _start(case, "echo first; read x; echo $x", stdin=pipe, stdout=pipe)
    error = _caught(case, getattr(process, name), timeout=0.05)
    _details(case, error)
    case.show("poll", process.poll())
    if name == "communicate":
        case.call(process.communicate, b"more")
        process.kill()
    else:
        process.stdin.write(b"more\n")
        process.stdin.flush()
    case.call(process.communicate)
    case.call(process.communicate)
    case.show("returncode", process.returncode)


@each(0, -1, 0.01, "x", None)
def wait_with(case, timeout):
    process = _start(case, "read x", stdin=case.module.PIPE)
    if timeout is None:
        process.stdin.close()
    case.call(process.wait, timeout)
    case.call(process.wait, timeout=timeout)
    process.kill()
    process.wait()
    if timeout is not None:
        process.stdin.close()


@each(0, -1, 0.01, "x")
def communicate_with(case, timeout):
    process = _start(case, "read x", stdin=case.module.PIPE)
    case.call(process.communicate, timeout=timeout)
    process.kill()
    case.call(process.communicate)
    case.show("closed", process.stdin.closed)


@each(
    (None, {}),
    (b"", {}),
    (b"a\nb", {}),
    (b"x" * 300000, {}),
    ("a\nb", {"text": True}),
    ("a\r\nb", {"text": True}),
    ("\xe9", {"encoding": "latin-1"}),
    ("\udce9", {"encoding": "ascii", "errors": "surrogateescape"}),
    ("a", {"universal_newlines": True}),
    ("a", {"errors": "strict"}),
    ("a", {}),
    (b"a", {"text": True}),
    (5, {}),
    ([b"a"], {}),
)
def communicate(case, value):
    data, kwargs = value
    pipe = case.module.PIPE
    process = case.module.Popen(["cat"], stdin=pipe, stdout=pipe, **kwargs)
    out = _caught(case, process.communicate, data)
    case.show("error", out)
    case.attributes(process, "text_mode", "encoding", "errors")
    process.kill()
    process.wait()
    for each_pipe in (process.stdin, process.stdout):
        case.show("closed", each_pipe.closed)
        each_pipe.close()


@each(
    {"text": True},
    {"encoding": "utf-8"},
    {"text": True, "bufsize": 1},
    {"bufsize": 0},
    {},
)
def pipes(case, kwargs):
    pipe = case.module.PIPE
    process = _start(
        case, "cat; echo err >&2", stdin=pipe, stdout=pipe, stderr=pipe, **kwargs
    )
    is_text = "text" in kwargs or "encoding" in kwargs
    for each_pipe in (process.stdin, process.stdout, process.stderr):
        for name in ("closed", "mode", "encoding", "errors", "newlines"):
            case.show(name, getattr(each_pipe, name, "missing"))
        for name in ("readable", "writable", "seekable", "isatty"):
            case.call(getattr(each_pipe, name))
        case.show("fileno", each_pipe.fileno() > 2)
    case.call(process.stdin.write, "a\nb\n" if is_text else b"a\nb\n")
    case.call(process.stdin.flush)
    case.call(process.stdout.readline)
    process.stdin.close()
    case.call(process.stdout.read)
    case.call(process.stdout.read)
    case.call(list, process.stderr)
    case.call(process.wait)
    process.stdout.close()
    process.stderr.close()


def communicate_after_closing(case):
    pipe = case.module.PIPE
    process = _start(case, "exit 3", stdout=pipe)
    process.stdout.close()
    case.call(process.communicate)
    case.call(process.wait)


def decoding_fails(case):
    pipe = case.module.PIPE
    process = _start(case, "printf '\\377'", stdout=pipe, encoding="ascii")
    case.call(process.communicate)
    process.stdout.close()
    process.wait()


def input_that_nobody_reads(case):
    pipe = case.module.PIPE
    process = _start(case, "exit 0", stdin=pipe)
    case.call(process.communicate, b"x" * 300000)
    case.show("returncode", process.returncode)


def writing_to_a_process_that_has_ended(case):
    process = _start(case, "exit 0", stdin=case.module.PIPE, bufsize=0)
    process.wait()
    case.call(process.stdin.write, b"x")
    case.call(process.stdin.close)
    process = _start(case, "exit 0", stdin=case.module.PIPE)
    process.wait()
    case.call(process.stdin.write, b"x")
    case.call(process.stdin.flush)
    case.call(process.stdin.close)


@each("ends", "fails", "kill", "nested", "closed")
def context_manager(case, how):
    pipe = case.module.PIPE
    process = None
    try:
        with case.module.Popen(["cat"], stdin=pipe, stdout=pipe) as process:
            case.show("entered", isinstance(process, case.module.Popen))
            if how == "fails":
                raise KeyError(1)
            if how == "kill":
                process.kill()
            if how == "nested":
                with process:
                    process.stdin.write(b"x")
            if how == "closed":
                process.stdin.close()
                process.stdout.close()
    except Exception as error:
        case.show("raised", error)
    case.attributes(process, "returncode")
    case.show("closed", (process.stdin.closed, process.stdout.closed))


def redirected_to_files(case):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as source:
        source.write(b"line\n")
        source.seek(0)
        process = _start(
            case, "cat; echo err >&2", stdin=source, stdout=out, stderr=out
        )
        case.call(process.wait)
        case.attributes(process, "stdin", "stdout", "stderr")
        out.seek(0)
        case.show("written", out.read())


def redirected_to_numbers(case):
    r, w = os.pipe()
    process = _start(
        case, "echo out; echo err >&2", stdout=w, stderr=case.module.STDOUT
    )
    os.close(w)
    case.call(process.wait)
    case.show("written", os.read(r, 100))
    os.close(r)


def one_process_reads_another(case):
    pipe = case.module.PIPE
    first = _start(case, "echo one; echo two", stdout=pipe)
    second = case.module.Popen(["grep", "two"], stdin=first.stdout, stdout=pipe)
    first.stdout.close()
    case.call(second.communicate)
    case.call(first.wait)


def passed_descriptors(case):
    r, w = os.pipe()
    process = _start(case, f"echo x >&{w}", pass_fds=(w,))
    os.close(w)
    case.call(process.wait)
    case.show("written", os.read(r, 10))
    os.close(r)


def descriptors_are_not_passed(case):
    r, w = os.pipe()
    os.set_inheritable(w, True)
    null = case.module.DEVNULL
    case.show("code", _start(case, f"echo x >&{w}", stderr=null).wait() != 0)
    case.show("code", _start(case, f"echo x >&{w}", close_fds=False).wait())
    os.close(w)
    case.show("written", os.read(r, 10))
    os.close(r)


def session_and_group(case):
    pipe = case.module.PIPE
    for kwargs in ({}, {"start_new_session": True}, {"process_group": 0}):
        process = _start(case, "read x", stdin=pipe, **kwargs)
        case.show("session", os.getsid(process.pid) == process.pid)
        case.show("group", os.getpgid(process.pid) == process.pid)
        process.communicate(b"\n")


def dropped(case):
    process = _start(case, "read x", stdin=case.module.PIPE)
    pid = process.pid
    process.kill()
    process.wait()
    process.stdin.close()
    del process
    case.call(_gone, pid)


def _gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def subclass(case):
    class Mine(case.module.Popen):
        def wait(self, timeout=None):
            case.show("wait", timeout)
            return super().wait(timeout=timeout)

        def poll(self):
            case.show("poll", "called")
            return super().poll()

    process = Mine(["true"])
    case.call(process.wait)
    case.call(process.poll)
    case.call(process.communicate)
    process.attribute = 1
    case.show("dict", process.attribute)
    with Mine(["true"]):
        pass


def not_started(case):
    popen = case.module.Popen
    made = popen.__new__(popen)
    case.call(made.poll)
    case.call(made.kill)


def errors_can_be_made_and_pickled(case):
    import pickle

    module = case.module
    for made in (
        module.CalledProcessError(3, "cmd"),
        module.CalledProcessError(-9, ["a", "b"], b"o", b"e"),
        module.CalledProcessError(-999, "cmd", output="o"),
        module.TimeoutExpired("cmd", 1.5),
        module.TimeoutExpired(["a"], 0, output=b"o", stderr=b"e"),
    ):
        case.show("made", made)
        case.show("repr", repr(made))
        made.stdout = b"other"
        case.attributes(made, "output", "stdout", "stderr", "cmd")
        case.call(pickle.dumps, None)
    for kind in (module.CalledProcessError, module.TimeoutExpired):
        case.call(kind)
        case.call(kind, 1)


def list2cmdline(case):
    for args in (["a b", 'c"d'], ["a\\", ""], [], ["x", b"y"]):
        case.call(case.module.list2cmdline, args)


def interpreter(case):
    code = "import sys; print(sys.argv[1:], sys.stdin.read())"
    arguments = [sys.executable, "-S", "-c", code, "a", "b c"]
    case.call(case.module.check_output, arguments, input=b"typed")


def many_at_once(case):
    processes = [_start(case, f"exit {i}") for i in range(8)]
    case.show("codes", [each_one.wait() for each_one in processes])


def two_wait(case):
    process = _start(case, "read x; exit 3", stdin=case.module.PIPE)
    codes = []
    waiting = [case.spawn(lambda: codes.append(process.wait())) for _ in range(2)]
    case.sleep(0.01)
    process.stdin.close()
    for each_one in waiting:
        each_one.join()
    case.show("codes", codes)


def polled_until_the_end(case):
    process = _start(case, "exit 3")
    while process.poll() is None:
        case.sleep(0.001)
    case.show("code", process.returncode)
    case.call(process.wait)
