#!/usr/bin/env python3
"""Compare this gevent with gevent 26.9.0, asyncio, uvloop, trio, and the floor.

    python benchmarks/compare.py                      all cases, all contenders
    python benchmarks/compare.py --rounds 3 core.*    some cases, quickly
    python benchmarks/compare.py --only gevent-26.9   ... with one contender (and ours)
    python benchmarks/compare.py --report             RESULTS.md again, from the numbers

``make bench`` runs it. Each round measures each case on all contenders by turns, in
fresh processes (pyperf's workers), so that all see the same noise; what is shown is the
median over the rounds, and the median of the ratios within each round. The numbers go
to ``build/bench/results.json``, text and pictures to ``benchmarks/RESULTS.md`` and
``benchmarks/*.svg``.

Contenders are installed below ``build/bench`` the first time. ``--reference PYTHON``
takes an interpreter that has gevent 26.9.0 already.
"""

from __future__ import annotations

import argparse
import compileall
import fnmatch
import json
import os
import platform
import statistics
import subprocess
import sys
import venv
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import perf_counter

HERE = Path(__file__).resolve().parent
TREE = HERE.parent
FOLDER = TREE / "build" / "bench"
NUMBERS = FOLDER / "results.json"
PYPERF = FOLDER / "pyperf"
RESULTS = HERE / "RESULTS.md"
OURS, REFERENCE = "gevent", "gevent-26.9"
# Imports that are timed in whole processes, less one that imports nothing.
STARTS = {
    "start.import": "import gevent",
    "start.patch_all": "from gevent import monkey; monkey.patch_all()",
    "start.first_greenlet": "import gevent; gevent.spawn(int).join()",
}
PEER_STARTS = {
    "asyncio": {"start.import": "import asyncio"},
    "uvloop": {"start.import": "import uvloop"},
    "trio": {"start.import": "import trio"},
}
GROUPS = {
    "core": "Greenlets and time",
    "sync": "What greenlets share",
    "net": "Sockets on the loop-back interface",
    "http": "HTTP, client and server in one process",
    "memory": "Memory per parked greenlet or task",
    "start": "Starting",
}
# What a reader has to know about the rows of a group.
NOTES = {
    "http": (
        "gevent's server is pywsgi with an application. The others answer each head",
        "with the same bytes and know nothing of HTTP: that is the least that a server",
        "takes there, not a server.",
    ),
    "memory": (
        "A greenlet that waits has a C stack, which is copied away, and a Python stack",
        "of its own; a coroutine that waits is one object. Nothing on greenlets will",
        "ever need as little.",
    ),
    "start": ("Less a process that imports nothing; with bytecode compiled before.",),
}
# From one end of the palette that colour-blind readers can tell apart to the other.
COLOURS = {
    OURS: "#0072b2",
    REFERENCE: "#e69f00",
    "asyncio": "#009e73",
    "uvloop": "#cc79a7",
    "trio": "#56b4e9",
    "floor": "#999999",
}


@dataclass
class Contender:
    """An interpreter, and the script that tells the cases its way."""

    name: str
    python: str
    script: str
    environment: dict[str, str] = field(default_factory=dict)
    starts: dict[str, str] = field(default_factory=dict)

    def cases(self) -> list[str]:
        """Return the names of what it can do."""
        return [*self._run("--list").split(), *self.starts]

    def measure(self, case: str) -> float:
        """Return seconds (or bytes) per operation, measured once in a fresh process."""
        if case in self.starts:
            return self._start(self.starts[case])
        if case.startswith("memory."):
            return float(self._run("--case", case))
        found = FOLDER / "one.json"
        found.unlink(missing_ok=True)
        once = ("--processes=1", "--values=3", "--warmups=1", "--quiet")
        inherit = "--inherit-environ=PYTHONPATH,BENCH_UVLOOP,GEVENT_LOOP"
        self._run("--case", case, *once, inherit, "-o", str(found))
        (benchmark,) = json.loads(found.read_text())["benchmarks"]
        values = [value for run in benchmark["runs"] for value in run.get("values", ())]
        return statistics.median(values)

    def versions(self) -> str:
        """Return what is installed of what matters."""
        package = self.name.partition("-")[0]
        packages = ["gevent", "greenlet"] if package == "gevent" else [package]
        packages = {"asyncio": [], "floor": ["greenlet"]}.get(package, packages)
        code = (
            "from importlib.metadata import version\n"
            "import sys\n"
            "print('Python', sys.version.split()[0], end='')\n"
            f"for name in {packages!r}: print(',', name, version(name), end='')\n"
        )
        return subprocess.check_output([self.python, "-c", code], cwd="/", text=True)

    def _run(self, *arguments: str) -> str:
        command = [self.python, str(HERE / "contenders" / self.script), *arguments]
        environment = os.environ | {"PYTHONPATH": str(PYPERF)} | self.environment
        done = subprocess.run(
            command,
            env=environment,
            cwd=FOLDER,  # nothing there that could be imported by accident
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            told = "\n".join(done.stderr.strip().splitlines()[-5:])
            raise Failure(f"{self.name}: {' '.join(arguments)}: {told}")
        return done.stdout

    def _start(self, code: str) -> float:
        return min(self._process(code) for _ in range(5)) - min(
            self._process("pass") for _ in range(5)
        )

    def _process(self, code: str) -> float:
        begun = perf_counter()
        subprocess.run([self.python, "-c", code], cwd=FOLDER, check=True)
        return perf_counter() - begun


class Failure(Exception):
    """A case that failed; its text says how."""


def main() -> int:
    """Measure, keep the numbers, write the report."""
    parser = argparse.ArgumentParser(description="Compare gevent with its peers.")
    parser.add_argument("cases", nargs="*", default=["*"], help="patterns, as core.*")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", action="append", help="these contenders, and ours")
    parser.add_argument("--reference", help="a Python with gevent 26.9.0")
    parser.add_argument("--report", action="store_true", help="measure nothing")
    options = parser.parse_args()
    if not options.report:
        FOLDER.mkdir(parents=True, exist_ok=True)
        contenders = _contenders(options.only, options.reference)
        numbers = _measure(contenders, options.cases, options.rounds)
        NUMBERS.write_text(json.dumps(numbers, indent=1))
    _report(json.loads(NUMBERS.read_text()))
    print(RESULTS.relative_to(TREE))
    return 0


def _contenders(only: list[str] | None, reference: str | None) -> list[Contender]:
    _install(PYPERF, "pyperf")
    # As an installation has it; the environment may keep Python from writing it.
    compileall.compile_dir(TREE / "gevent", quiet=1)
    wanted = set(only) if only else set(COLOURS)
    made = [Contender(OURS, sys.executable, "gevent_.py", starts=STARTS)]
    if REFERENCE in wanted:
        python = reference or _environment("reference", "gevent==26.9.0")
        made.append(Contender(REFERENCE, python, "gevent_.py", starts=STARTS))
    if "asyncio" in wanted:
        starts = PEER_STARTS["asyncio"]
        made.append(Contender("asyncio", sys.executable, "asyncio_.py", starts=starts))
    if wanted & {"uvloop", "trio"}:
        peers = _environment("peers", "uvloop", "trio")
        uvloop = Contender("uvloop", peers, "asyncio_.py", {"BENCH_UVLOOP": "1"})
        trio = Contender("trio", peers, "trio_.py")
        for each in (uvloop, trio):
            each.starts = PEER_STARTS[each.name]
            if each.name in wanted:
                made.append(each)
    if "floor" in wanted:
        made.append(Contender("floor", sys.executable, "floor_.py"))
    return made


def _environment(name: str, *packages: str) -> str:
    """Return the Python of a virtual environment that has these packages."""
    folder = FOLDER / name
    python = folder / "bin" / "python"
    stamp = folder / "installed"
    if not stamp.exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
        stamp.touch()
    return str(python)


def _install(folder: Path, package: str) -> None:
    if not folder.exists():
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps"]
        subprocess.run([*pip, "--target", str(folder), package], check=True)


def _measure(
    contenders: list[Contender], patterns: list[str], rounds: int
) -> dict[str, object]:
    able = {contender.name: contender.cases() for contender in contenders}
    chosen = [
        case
        for case in able[OURS]
        if any(fnmatch.fnmatch(case, pattern) for pattern in patterns)
    ]
    values: dict[str, dict[str, list[float]]] = {case: {} for case in chosen}
    for turn in range(rounds):
        for case in chosen:
            # Another one is first each time.
            at = turn % len(contenders)
            for contender in contenders[at:] + contenders[:at]:
                if case in able[contender.name]:
                    found = contender.measure(case)
                    values[case].setdefault(contender.name, []).append(found)
        print(f"round {turn + 1} of {rounds}", file=sys.stderr)
    return {
        "when": date.today().isoformat(),
        "machine": _machine(),
        "load": os.getloadavg()[0],
        "rounds": rounds,
        "versions": {each.name: each.versions() for each in contenders},
        "values": values,
    }


def _machine() -> str:
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{os.cpu_count()} x {model}, Linux {platform.release()}"


# -- the report


def _report(numbers: dict[str, object]) -> None:
    values: dict[str, dict[str, list[float]]] = numbers["values"]  # type: ignore[assignment]  # from JSON
    versions: dict[str, str] = numbers["versions"]  # type: ignore[assignment]  # likewise
    names = [name for name in COLOURS if name in versions]
    lines = [
        "# Results",
        "",
        "Written by `make bench`; do not edit.",
        f"Median per operation over {numbers['rounds']} rounds, and in brackets the",
        "median ratio to gevent 26.9: below 1 is faster, or smaller, than that.",
        "Client and server are in one process.",
        "",
        f"{numbers['when']}; {numbers['machine']}; load {numbers['load']:.1f}.",
        "",
        *(f"- {name}: {versions[name]}" for name in names),
        "",
    ]
    for group, title in GROUPS.items():
        cases = [case for case in values if case.startswith(f"{group}.")]
        if cases:
            lines += _section(group, title, cases, values, names)
    RESULTS.write_text("\n".join(lines))


def _section(
    group: str,
    title: str,
    cases: list[str],
    values: dict[str, dict[str, list[float]]],
    names: list[str],
) -> list[str]:
    picture = HERE / f"{group}.svg"
    picture.write_text(_picture(title, cases, values, names))
    rows = [f"| {' | '.join(('case', *names))} |", f"| --- |{' ---: |' * len(names)}"]
    for case in cases:
        cells = [_cell(case, values[case], name) for name in names]
        rows.append(f"| {case.partition('.')[2]} | {' | '.join(cells)} |")
    note = [*NOTES[group], ""] if group in NOTES else []
    return [f"## {title}", "", *note, f"![{title}]({picture.name})", "", *rows, ""]


def _cell(case: str, found: dict[str, list[float]], name: str) -> str:
    if name not in found:
        return "-"
    shown = _shown(case, statistics.median(found[name]))
    ratio = _ratio(found, name)
    return shown if ratio is None or name == REFERENCE else f"{shown} ({ratio:.2f})"


def _ratio(found: dict[str, list[float]], name: str) -> float | None:
    base = found.get(REFERENCE) or found.get(OURS)
    if base is None or name not in found:
        return None
    return statistics.median(
        one / other for one, other in zip(found[name], base, strict=True) if other
    )


def _shown(case: str, value: float) -> str:
    if case.startswith("memory."):
        return f"{value:,.0f} B"
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if value * factor >= 1:
            return f"{value * factor:.3g} {unit}"
    return f"{value * 1e9:.0f} ns"


def _picture(
    title: str,
    cases: list[str],
    values: dict[str, dict[str, list[float]]],
    names: list[str],
) -> str:
    """Draw the ratios as bars, cut off at three."""
    bar, gap, left, width, limit = 11, 14, 190, 420, 3.0
    scale = width / limit
    parts: list[str] = []
    y = 44
    for case in cases:
        shown = [name for name in names if name in values[case]]
        middle = y + bar * len(shown) / 2 + 4
        label = case.partition(".")[2]
        parts.append(
            f'<text x="{left - 8}" y="{middle:.0f}" text-anchor="end">{label}</text>'
        )
        for name in shown:
            ratio = _ratio(values[case], name) or 0.0
            length = max(1.0, min(ratio, limit) * scale)
            parts.append(
                f'<rect x="{left}" y="{y}" width="{length:.0f}" height="{bar - 2}"'
                f' fill="{COLOURS[name]}"><title>{name}: {ratio:.2f}</title></rect>'
            )
            if ratio > limit:
                parts.append(
                    f'<text x="{left + width + 4}" y="{y + 8}">{ratio:.1f}</text>'
                )
            y += bar
        y += gap
    one = left + scale
    parts.append(
        f'<line x1="{one:.0f}" x2="{one:.0f}" y1="38" y2="{y - gap + 4}" stroke="#888"'
        ' stroke-dasharray="3 3"/>'
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 60}"',
            f' height="{y + 4}" font-family="sans-serif" font-size="11" role="img">',
            f"<title>{title}: ratios to gevent 26.9, less is better</title>",
            "<style>text { fill: #333 }",
            "@media (prefers-color-scheme: dark) { text { fill: #ddd } }</style>",
            *_legend(names),
            *parts,
            "</svg>",
            "",
        ]
    )


def _legend(names: Iterable[str]) -> list[str]:
    parts = []
    x = 10
    for name in names:
        parts.append(
            f'<rect x="{x}" y="10" width="10" height="10" fill="{COLOURS[name]}"/>'
        )
        parts.append(f'<text x="{x + 14}" y="19">{name}</text>')
        x += 30 + 7 * len(name)
    return parts


if __name__ == "__main__":
    sys.exit(main())
