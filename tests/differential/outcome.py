"""What one run of a program amounts to, without what differs from run to run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypedDict


class Answer(TypedDict):
    """What a worker says of one run."""

    ended: str
    out: str
    err: str
    records: list[list[str]]
    seconds: float


# What every process has of its own. The order matters.
VOLATILE = (
    (re.compile(r"\bfileno=\d+"), "fileno="),
    (re.compile(r"\bpid=\d+"), "pid="),
    (re.compile(r"0x[0-9a-fA-F]{4,}"), "0x"),
    (re.compile(r"\b7f[0-9a-f]{10}\b"), "0x"),
    (re.compile(r"\b1[34]\d{13}\b"), "THREAD"),
    (re.compile(r"\b(3[2-9]|[45]\d|6[0-5])\d{3}\b"), "PORT"),
    (re.compile(r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}"), "DATE"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(Z|[.,]\d+)?"), "DATE"),
    (re.compile(r"/tmp/[\w./-]*"), "/tmp"),
    # Where a class is defined is nobody's business; its public name has tests.
    (re.compile(r"\bgevent\.(?:[a-z_]\w*\.)*(?=[A-Z_])"), "gevent."),
    (re.compile(r"\bgevent\.(?:_socket3|socket)\.(?=socket\b)"), "gevent."),
    (re.compile(r"\b(?:gevent\.)?select\.(?=poll\b)"), ""),
    # As threading.Event does, ours tells its state; `is_set` has programs of its own.
    (re.compile(r"<gevent\.Event at 0x: (un)?set>"), "<gevent.Event object at 0x>"),
)

# How the interpreter says that arguments do not fit: it depends on what a function is
# written in, and nobody relies on it. The class is compared.
_ARGUMENTS = re.compile(
    r"(takes .*(positional|argument|given)|required .*argument|missing \d+ required"
    r"|unexpected keyword|invalid keyword|multiple values for|is an invalid keyword"
    r"|positional argument|expected .* argument|expected \d+ arguments"
    r"|given by name|no keyword arguments|takes no arguments)"
)
_CONVERSION = re.compile(
    r"(an integer is required|cannot be interpreted as an integer"
    r"|must be real number"
    r"|required, not|must be str|must be .*, not|expected .*, got"
    r"|object is not callable"
    r"|bytes-like object|not supported between instances|unsupported operand"
    r"|has incorrect type"
    r"|can't be converted|cannot be converted|Cannot convert"
    r"|is not iterable|must be an iterable|not subscriptable|for format code"
    r"|Expected str, bytes or bytearray, not"
    r"|argument must be an int, or have a fileno|cannot unpack non-iterable)"
)

# Compiled classes are called by their full names there, others not.
_OWNER = re.compile(r"'(?:\w+\.)+(\w+)'")

_TOO_LARGE = re.compile(
    r"(too (large|small) to convert to|signed integer is (greater|less) than m"
    r"|cannot fit 'int' into an index-sized integer)"
)

_FRAME = re.compile(r'^\s+File "([^"]*)", line \d+, in (.*)$')
_UNDERLINE = re.compile(r"^\s+[~^]+\s*$")


@dataclass(frozen=True)
class Outcome:
    """How it ended, what it recorded, what it printed. Comparable."""

    ended: str
    records: tuple[str, ...]
    out: str
    err: str

    def lines(self) -> list[str]:
        """Return it as text for people."""
        lines = list(self.records)
        lines += [f"stdout| {line}" for line in self.out.splitlines()]
        lines += [f"stderr| {line}" for line in self.err.splitlines()]
        if self.ended != "exit 0":
            lines.append(f"ended: {self.ended}")
        return lines


def outcome_of(answer: Answer) -> Outcome:
    """Return the outcome that a worker's answer stands for."""
    hidden: list[tuple[re.Pattern[str], str]] = []
    records = []
    for label, text, *more in answer["records"]:
        if label == "hide" and more:
            pattern = rf"(?<!\w){re.escape(text)}(?!\w)"
            hidden.append((re.compile(pattern), more[0]))
        else:
            records.append(f"{label}: {normal_error(text)}")

    def normal(text: str) -> str:
        for pattern, name in (*hidden, *VOLATILE):
            text = pattern.sub(name, text)
        return text

    return Outcome(
        answer["ended"],
        tuple(map(normal, records)),
        normal(answer["out"]),
        normal(normal_tracebacks(answer["err"])),
    )


def normal_error(text: str) -> str:
    """Take out of a described error what only tells how a function is written."""
    if text.startswith("!LoopExit: "):
        # What follows describes the hub, and in ours who waits for what.
        return text.split("\n")[0]
    if text.startswith("!OverflowError: "):
        # Each way of conversion has words of its own, in the standard library, too.
        return "!OverflowError: (conversion)" if _TOO_LARGE.search(text) else text
    if text.startswith("!AttributeError: "):
        return _OWNER.sub(r"'\1'", text)
    if not text.startswith("!TypeError: "):
        return text
    if _ARGUMENTS.search(text):
        return "!TypeError: (arguments)"
    if _CONVERSION.search(text):
        return "!TypeError: (conversion)"
    return text


def normal_tracebacks(text: str) -> str:
    """Keep of each traceback the frames in programs: the inside may be another."""
    lines: list[str] = []
    is_inside = False
    for line in text.splitlines():
        frame = _FRAME.match(line)
        if frame is not None:
            is_inside = "/programs/" not in frame[1]
            if not is_inside:
                lines.append(f"  in {frame[2]}")
        elif _UNDERLINE.match(line) or (line.startswith("    ") and is_inside):
            continue
        else:
            is_inside = is_inside and line.startswith(" ")
            lines.append(line)
    return "\n".join(lines)
