"""``python -m gevent.monkey``: runs a program in a patched interpreter."""

from __future__ import annotations

import os
import sys

from gevent.patch.attributes import saved
from gevent.patch.call import Call
from gevent.patch.everything import DEFAULTS, patch_everything

__all__ = ("main",)

_USAGE = """\
python -m gevent.monkey: run a program with the standard library made cooperative

USAGE: python -m gevent.monkey [options] [--module] (script|module) [its arguments]

  --module      the program is the name of a module, not a path
  --verbose     print what is patched, the interpreter, its path and modules first
  --NAME        patch only what is named so
  --no-NAME     patch everything but what is named so

NAME is one of:
  {names}

The path may be whatever Python itself runs: a script, an archive, or a folder with a
file __main__.py.
"""


class _UsageError(Exception):
    """An option that there is not."""


class _Options:
    """The options before the program.

    Args:
        words: The command line without its first word; what is left of it is the
            program and its arguments.
    """

    def __init__(self, words: list[str]) -> None:
        self.is_verbose = False
        self.is_module = False
        self.given: dict[str, bool] = {}
        while words and words[0].startswith("--"):
            self._take(words.pop(0)[2:])
        self.command = words

    def _take(self, option: str) -> None:
        if option == "verbose":
            self.is_verbose = True
        elif option == "module":
            self.is_module = True
        elif option in DEFAULTS:
            self.given[option] = True
        elif option.startswith("no-") and option[3:] in DEFAULTS:
            self.given[option[3:]] = False
        else:
            raise _UsageError(option.removeprefix("no-"))

    def arguments(self) -> dict[str, bool]:
        """Return the arguments of ``patch_all``.

        ``dns``, ``Event`` and ``aggressive`` only say how; naming other modules leaves
        them as they are.
        """
        if not any(self.given.values()):
            return {**DEFAULTS, **self.given}
        only = dict.fromkeys(DEFAULTS, False)
        return {**only, "dns": True, "Event": True, "aggressive": True, **self.given}


def main() -> int | None:
    """Patch, and run the program that ``sys.argv`` names as ``__main__``.

    Returns:
        None when there is a program; else an exit status, which is 1 when an option is
        wrong and 0 when nothing was asked for.
    """
    try:
        options = _Options(sys.argv[1:])
    except _UsageError as error:
        sys.stderr.write(f"{_usage()}\nCannot patch {error.args[0]!r}\n")
        return 1
    if not options.command:
        sys.stdout.write(_usage())
        return 0
    _run(options)
    return None


def _usage() -> str:
    return _USAGE.format(names=", ".join(DEFAULTS))


def _run(options: _Options) -> None:
    arguments = options.arguments()
    if options.is_verbose:
        _describe(arguments)
    with Call() as call:
        patch_everything(arguments, {}, call, saved)
    # Here for its cost: patching does not need it.
    import runpy

    sys.argv[:] = options.command
    program = options.command[0]
    if options.is_module:
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(program, run_name="__main__")


def _describe(arguments: dict[str, bool]) -> None:
    changed = {
        name: value for name, value in arguments.items() if DEFAULTS[name] != value
    }
    call = ", ".join(f"{name}={value}" for name, value in changed.items())
    lines = [
        f"gevent.monkey.patch_all({call})",
        f"sys.version={sys.version}",
        *_listed("sys.path", sys.path),
        *_listed("sys.modules", sorted(sys.modules)),
        f"cwd={os.getcwd()}",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def _listed(title: str, values: list[str]) -> list[str]:
    return [f"{title}:", *(f"    {value!r}" for value in values)]
