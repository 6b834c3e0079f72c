"""Compare this gevent with the reference, program by program.

    python -m tests.differential                     everything (an hour)
    python -m tests.differential event -k wait       programs about events named so
    python -m tests.differential --record            and keep them for `make test`

Prints what differs without a row in differences/*.toml, then a count per source and
module. Exit status 1: there is such a difference, or a row that covers none.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence

from tests.differential.comparison import Comparison, Difference, Program, program_files
from tests.differential.contenders import (
    Contender,
    ours,
    reference,
    standard_library,
)
from tests.differential.recorded import record
from tests.differential.table import Row, read_table


def main() -> int:
    """Compare, print, and return the exit status."""
    options = parse_options()
    rows = read_table()
    contenders = [
        c for c in ours() if not options.contender or c.name in options.contender
    ]
    comparison = Comparison(
        reference(options.reference), contenders, standard_library(), rows
    )
    programs: list[Program] = []
    differences: list[Difference] = []
    for path in program_files(options.modules):
        ran = comparison.run_file(path, options.k, options.examples)
        found = list(comparison.differences(ran))
        show(found, ran if options.show else ())
        show_common(ran if options.common else (), contenders)
        programs += ran
        differences += found
        unexplained = sum(not d.is_explained for d in found)
        name = f"{path.parent.name}/{path.stem}"
        print(f"{name}: {len(ran)} programs, {unexplained} unexplained", flush=True)
    stale = [] if options.modules or options.k else unused(rows, differences)
    for row in stale:
        print(f"covers no difference: {row.programs}: {row.reason}")
    summarize(programs, differences, len(contenders))
    if options.record:
        record(programs, comparison)
    return int(bool(stale) or any(not d.is_explained for d in differences))


def parse_options() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.differential", description=__doc__.split("\n")[0]
    )
    parser.add_argument("modules", nargs="*", help="parts of `source/module` names")
    parser.add_argument("-k", default="", help="a part of the names of programs")
    parser.add_argument("--reference", help="a Python that has gevent 26.9.0")
    parser.add_argument("--contender", action="append", help="only this form of ours")
    parser.add_argument("--examples", type=int, default=60, help="of each sequence")
    parser.add_argument("--show", action="store_true", help="print every outcome")
    parser.add_argument(
        "--common",
        action="store_true",
        help="print where ours and the reference differ from the standard library",
    )
    parser.add_argument("--record", action="store_true", help="keep the outcomes")
    return parser.parse_args()


def show(differences: Sequence[Difference], programs: Sequence[Program]) -> None:
    """Print what is not explained, one form of ours where several do the same."""
    seen = set()
    for difference in differences:
        outcome = difference.program.outcomes[difference.contender][0]
        key = (difference.program.name, outcome)
        if not difference.is_explained and key not in seen:
            seen.add(key)
            print(difference.text())
    for program in programs:
        print(f"=== {program.name}")
        for name, outcomes in program.outcomes.items():
            print(f"  {name}: {program.seconds[name]} s")
            print("".join(f"    {line}\n" for line in outcomes[0].lines()), end="")


def show_common(programs: Sequence[Program], contenders: Sequence[Contender]) -> None:
    """Print what the reference and ours do alike, and the standard library not."""
    for program in programs:
        name = contenders[0].name
        has_twin = "stdlib" in program.outcomes
        if (
            has_twin
            and program.agrees(name, "reference")
            and not program.agrees(name, "stdlib")
        ):
            print(Difference(program, name, None).text())


def unused(rows: Sequence[Row], differences: Sequence[Difference]) -> list[Row]:
    """Return the rows that cover nothing."""
    used = {id(difference.row) for difference in differences}
    return [row for row in rows if id(row) not in used]


def summarize(
    programs: Sequence[Program], differences: Sequence[Difference], n_forms: int
) -> None:
    """Print the counts."""
    explained = {d.program.name for d in differences if d.is_explained}
    unexplained = {d.program.name for d in differences if not d.is_explained}
    total = Counter((p.source, p.module) for p in programs)
    print(f"\n{'source':<12}{'module':<28}{'programs':>9}{'wanted':>8}{'open':>6}")
    for (source, module), count in sorted(total.items()):
        of = [p.name for p in programs if (p.source, p.module) == (source, module)]
        n_explained = len(explained.intersection(of))
        n_open = len(unexplained.intersection(of))
        print(f"{source:<12}{module:<28}{count:>9}{n_explained:>8}{n_open:>6}")
    unstable = sum(not program.is_stable() for program in programs)
    print(
        f"{len(programs)} programs, each on {n_forms} forms: "
        f"{len(programs) - len(explained | unexplained)} alike, "
        f"{len(explained - unexplained)} wanted, {len(unexplained)} unexplained; "
        f"{unstable} not always the same"
    )


if __name__ == "__main__":
    sys.exit(main())
