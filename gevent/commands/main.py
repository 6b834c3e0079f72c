"""The command line of ``python -m gevent``."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from typing import TYPE_CHECKING

from gevent._base.version import __version__
from gevent.commands.asking import Asker, CannotLook, find_target
from gevent.commands.running import NoProgram, add_arguments, run_program
from gevent.commands.showing import blocked_lines, stack_lines, top_lines, tree_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gevent.sync.introspection.snapshot import Snapshot

__all__ = ("main",)

# Exit statuses, beside 0.
FAILED = 1
WRONG = 2  # as argparse says it
BLOCKED = 3

# `top` leaves the process alone for so many times the time that a picture took: that is
# 20 times what a look costs, as writing the answer takes half as long again.
REST = 32
# Without a terminal.
USUAL_LINES = 24

CLEAR = "\x1b[H\x1b[J"
EPILOG = """\
The process needs nothing but having imported gevent, in its main thread, under the
same user. Exit status: 0; 1 if the process cannot be looked into; 2 for wrong
arguments; 3 if it runs no Python code, so that only where it stands is shown.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status."""
    options = _make_parser().parse_args(arguments)
    if options.command == "run":
        try:
            return run_program(options)
        except NoProgram as error:
            print(f"gevent run: {error}", file=sys.stderr)  # noqa: T201
            return WRONG
    try:
        with Asker(find_target(options.pid)) as asker:
            if options.command == "top":
                return _run_top(asker, options)
            return _run_once(asker, options)
    except CannotLook as error:
        print(f"gevent {options.command}: {error}", file=sys.stderr)  # noqa: T201
        return FAILED
    except BrokenPipeError:
        # Who reads has seen enough; the interpreter must not flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 0 if options.command == "top" else 130


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gevent",
        description="Look into a running process that uses gevent, or run one.",
        epilog="Exit status: 0, or as the help of each command says.",
    )
    parser.add_argument("--version", action="version", version=f"gevent {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    ps = _add_command(commands, "ps", "the tree of greenlets, and what each waits for")
    stack = _add_command(commands, "stack", "the Python stack of every greenlet")
    for each in (ps, stack):
        each.add_argument("--json", action="store_true", help="print JSON")
    top = _add_command(commands, "top", "hubs and counts of greenlets, again and again")
    top.add_argument(
        "-d",
        "--delay",
        type=_positive,
        default=2.0,
        metavar="SECONDS",
        help="between two looks; more if these cost the process over 5%% (default: 2)",
    )
    top.add_argument(
        "-n",
        "--number",
        type=int,
        default=0,
        metavar="COUNT",
        help="end after so many looks (default: never)",
    )
    add_arguments(
        commands.add_parser(
            "run",
            help="a program, and end it whole at SIGTERM and SIGINT",
            description="Call MODULE:CALLABLE by gevent.run().",
        )
    )
    return parser


def _add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, what: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name, help=what, description=f"Show {what}.", epilog=EPILOG
    )
    command.add_argument("pid", type=int, metavar="PID", help="the number of a process")
    command.add_argument(
        "-t",
        "--timeout",
        type=_positive,
        default=5.0,
        metavar="SECONDS",
        help="to wait for an answer at most (default: 5)",
    )
    return command


def _positive(text: str) -> float:
    number = float(text)
    if not number > 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no positive number")
    return number


def _run_once(asker: Asker, options: argparse.Namespace) -> int:
    with_stacks = options.command == "stack"
    answer = asker.ask(with_stacks, options.timeout)
    if options.json:
        _print([json.dumps(answer)])
    elif "hubs" not in answer:
        _print(blocked_lines(answer))
    else:
        _print(stack_lines(answer) if with_stacks else tree_lines(answer))
    return 0 if "hubs" in answer else BLOCKED


def _run_top(asker: Asker, options: argparse.Namespace) -> int:
    before: Snapshot | None = None
    number = 0
    while True:
        answer = asker.ask(False, options.timeout)
        number += 1
        took = 0.0
        if "hubs" in answer:
            _show(top_lines(answer, before, _rows()))
            before, took = answer, answer["took"]
        else:
            _show(blocked_lines(answer))
            before = None
        if number == options.number:
            return 0 if before is not None else BLOCKED
        time.sleep(max(options.delay, took * REST))


def _rows() -> int | None:
    """Return how many greenlets to show: as many as fit; without a terminal all."""
    if not sys.stdout.isatty():
        return None
    return max(5, shutil.get_terminal_size((80, USUAL_LINES)).lines - 8)


def _show(lines: Iterable[str]) -> None:
    if sys.stdout.isatty():
        width = shutil.get_terminal_size((80, USUAL_LINES)).columns
        _print([CLEAR + "\n".join(line[:width] for line in lines)])
    else:
        _print([*lines, ""])


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()
