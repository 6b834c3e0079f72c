"""Runs programs in one contender, each in a forked child with a limit of time.

    python worker.py gevent|stdlib

Reads requests from standard input, one JSON object a line (``file``, ``program``,
``argument``), writes an answer for each. With ``{"list": file}`` it answers with the
programs of a file. The child starts with nothing imported but what the worker itself
needs and, for programs that are not about patching, the public modules of gevent,
which create no hub.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import select
import signal
import sys
import time
from types import CodeType

from differential import Case

VOLATILE = re.compile(" at 0x[0-9a-f]+")
USUAL_LIMIT = 5.0  # seconds
MOST_OUTPUT = 20_000  # bytes of each stream
FIRST_NUMBER = 40  # of the descriptors that a program opens

MODULES = (
    "gevent",
    "gevent.ares",
    "gevent.backdoor",
    "gevent.baseserver",
    "gevent.builtins",
    "gevent.contextvars",
    "gevent.core",
    "gevent.event",
    "gevent.events",
    "gevent.exceptions",
    "gevent.fileobject",
    "gevent.greenlet",
    "gevent.hub",
    "gevent.local",
    "gevent.lock",
    "gevent.monkey",
    "gevent.os",
    "gevent.pool",
    "gevent.pywsgi",
    "gevent.queue",
    "gevent.resolver",
    "gevent.select",
    "gevent.selectors",
    "gevent.server",
    "gevent.signal",
    "gevent.socket",
    "gevent.ssl",
    "gevent.subprocess",
    "gevent.thread",
    "gevent.threading",
    "gevent.threadpool",
    "gevent.time",
    "gevent.timeout",
    "gevent.util",
)


class Programs:
    """The programs of one file; it is run anew in each child."""

    def __init__(self, path: str):
        self.path = path
        with open(path, encoding="utf-8") as file:
            source = file.read()
        self.code: CodeType = compile(source, path, "exec")
        names: dict[str, object] = {}
        for line in source.splitlines():
            for name in ("MODULE", "TWIN", "PATCHED", "HUB"):
                if line.startswith(f"{name} = "):
                    # A literal: the file itself may not be run here.
                    names[name] = eval(line.split("=", 1)[1])  # of our own files
        self.module = str(names.get("MODULE", "gevent"))
        twin = names.get("TWIN")
        self.twin = None if twin is None else str(twin)
        self.is_patched = bool(names.get("PATCHED", False))
        self.wants_hub = bool(names.get("HUB", True))

    def load(self) -> dict[str, object]:
        """Run the file and return its names."""
        namespace: dict[str, object] = {"__name__": "programs", "__file__": self.path}
        exec(self.code, namespace)
        return namespace


def run_child(
    programs: Programs, request: dict[str, object], contender: str, records: int
) -> None:
    """In the child: run one program and settle."""
    if contender == "gevent":
        if programs.is_patched:
            from gevent import monkey

            monkey.patch_all()
        if programs.wants_hub:
            import gevent

            # What a loop makes when it first waits is there, then. A short time may be
            # over before it does.
            for delay in (0.001, 0.005):
                gevent.sleep(delay)
    namespace = programs.load()
    function = namespace[str(request["program"])]
    take_low_numbers()
    case = Case(records, contender, programs.module, programs.twin)
    argument = request.get("argument")
    if "payload" in request:
        case.named_call("returned", function, case, request["payload"])
    elif argument is None:
        case.named_call("returned", function, case)
    else:
        value = function.values[argument]  # type: ignore[attr-defined]
        case.named_call("returned", function, case, value)
    namespace = function = None  # type: ignore[assignment]
    case.settle()


def take_low_numbers() -> None:
    """Let the first descriptor of the program have the same number everywhere."""
    null = os.open(os.devnull, os.O_RDONLY)
    while null < FIRST_NUMBER:
        null = os.dup(null)
    os.close(null)


def in_child(
    programs: Programs,
    request: dict[str, object],
    contender: str,
    streams: tuple[int, int, int],
) -> None:
    """Become the child; return only for the interpreter to end."""
    os.setpgid(0, 0)
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (streams[0], 1), (streams[1], 2)):
        os.dup2(source, target)
    # High, so that the numbers which the program gets are always the same.
    records = 200
    os.dup2(streams[2], records)
    for number in (null, *streams):
        os.close(number)
    sys.argv = ["program"]
    run_child(programs, request, contender, records)


def wait_for(pid: int, seconds: float) -> str:
    """Wait for a child; say how it ended. Ends its whole group."""
    number = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(number, select.POLLIN)
        in_time = bool(poll.poll(seconds * 1000))
    finally:
        os.close(number)
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    _, status = os.waitpid(pid, 0)
    if not in_time:
        return "hangs"
    if os.WIFSIGNALED(status):
        return f"killed by {signal.Signals(os.WTERMSIG(status)).name}"
    return f"exit {os.WEXITSTATUS(status)}"


def content(number: int) -> str:
    """Return what was written to a temporary file, and close it."""
    os.lseek(number, 0, os.SEEK_SET)
    data = os.read(number, MOST_OUTPUT)
    os.close(number)
    return data.decode("utf-8", "replace")


def serve(contender: str) -> bool:
    """Answer requests; True in a child, whose interpreter is to end now."""
    loaded: dict[str, Programs] = {}
    # Not sys.stdin: a child would flush or close what is shared with it.
    requests = os.fdopen(os.dup(0), "r")
    answers = os.dup(1)
    for line in iter(requests.readline, ""):
        request = json.loads(line)
        path = request.get("list") or request["file"]
        if path not in loaded:
            loaded[path] = Programs(path)
        programs = loaded[path]
        if "list" not in request:
            streams = tuple(os.memfd_create(name) for name in ("out", "err", "records"))
            started = time.monotonic()
            sys.stdout.flush()
            pid = os.fork()
            if pid == 0:
                requests.close()
                os.close(answers)
                in_child(programs, request, contender, streams)  # type: ignore[arg-type]
                return True
            ended = wait_for(pid, float(request.get("limit") or USUAL_LIMIT))
            out, err, records = (content(number) for number in streams)
            answer: object = {
                "ended": ended,
                "out": out,
                "err": err,
                "records": [json.loads(line) for line in whole_lines(records)],
                "seconds": round(time.monotonic() - started, 3),
            }
        else:
            pid = os.fork()
            if pid == 0:
                os.write(answers, (json.dumps(listing(programs)) + "\n").encode())
                os._exit(0)
            os.waitpid(pid, 0)
            continue
        os.write(answers, (json.dumps(answer) + "\n").encode())
    return False


def whole_lines(text: str) -> list[str]:
    """Return the lines that were written whole."""
    return text.split("\n")[:-1]


def listing(programs: Programs) -> dict[str, object]:
    """Say which programs a file has; in a child, which imports what they import."""
    found = []
    for name, function in programs.load().items():
        if name.startswith("_") or getattr(function, "__module__", "") != "programs":
            continue
        if isinstance(function, type) or not callable(function):
            continue
        seconds = getattr(function, "limit", None)
        operations = getattr(function, "operations", None)
        if operations is not None:
            found.append({"program": name, "operations": operations, "limit": seconds})
            continue
        values = getattr(function, "values", None)
        if values is None:
            found.append({"program": name, "limit": seconds})
            continue
        for index, value in enumerate(values):
            entry = {"program": name, "argument": index, "limit": seconds}
            found.append({**entry, "label": label(value)})
    return {
        "programs": found,
        "module": programs.module,
        "twin": programs.twin,
        "patched": programs.is_patched,
    }


def label(value: object) -> str:
    """Return what stands in brackets behind the name of a program."""
    text = value if isinstance(value, str) and value.isprintable() else repr(value)
    return VOLATILE.sub("", text)[:80]


def main() -> None:
    """Serve until there are no more requests."""
    contender = sys.argv[1]
    if contender == "gevent":
        preload = sys.argv[2:] != ["bare"]
        for name in MODULES if preload else ("gevent",):
            try:
                importlib.import_module(name)
            except ImportError:
                pass  # the outcome of programs about it
    serve(contender)


if __name__ == "__main__":
    main()
