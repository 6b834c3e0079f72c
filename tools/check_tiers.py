#!/usr/bin/env python3
"""Report references against the order of the tiers that import-linter cannot read.

    python tools/check_tiers.py [FOLDER]      FOLDER holds `gevent/`; default: this tree

Reads imports, `cimport`s, `include`s and dotted names in strings ("gevent.socket") in
all sources of `gevent/`. The rules:

T1  A tier refers to itself and to tiers below it, by full path; never to a facade or to
    the package root.
T2  `_native` uses only `checking`, `exceptions`, `light`, `publish` and `signatures` of
    `_base`.
T3  A facade imports its home, the module that publishes it, and nothing else of gevent;
    below ``if __name__ == "__main__"`` it is a program, and may import what it likes.
T4  A dotted name may point upward in four places: in `publish(__name__, "gevent.x")`;
    in a module-level `_PUBLIC_NAME = "gevent.x"` of the module that publishes itself
    under that name, or of its tier; in `_base/config.py` for the providers; and in
    `_base/annotations.py`, which imports nothing.
T5  Inside `_native` and `sync` the folders have an order, too.
T6  An invariant has one code in the whole tree, as `SCHED2`, and what refers to a code
    refers to one that there is.
T7  No circle of imports, with those counted that only a type checker reads.

Prints `file:line: what` for each breach; exits 1 if there was any.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

# Lowest first; those of one row must not know each other.
ROWS = (
    ("_base",),
    ("_native",),
    ("_loop",),
    ("_hub",),
    ("sync",),
    ("net",),
    ("servers", "patch", "commands", "exporters", "simulation"),
)
RANKS = {tier: rank for rank, row in enumerate(ROWS) for tier in row}
# Likewise inside a tier; what lies in none of its folders comes before all of them.
FOLDERS = {
    "_native": (
        ("interpreter",),
        ("memory",),
        ("scheduling",),
        ("library",),
        ("io",),
        ("http",),
    ),
    "sync": (("threads",), ("introspection",)),
}
FACADES = "facades"
RANKS[FACADES] = len(ROWS)

NATIVE_MAY_USE = (
    "gevent._base.checking",
    "gevent._base.exceptions",
    "gevent._base.light",
    "gevent._base.publish",
    "gevent._base.signatures",
)
PROVIDERS = (
    "gevent.libev",
    "gevent.libuv",
    "gevent.resolver",
    "gevent.threadpool",
    "gevent.fileobject",
)
PROVIDERS_NAMED_IN = "gevent._base.config"
# It looks names up where they are loaded, and imports none.
LOOKED_UP_IN = "gevent._base.annotations"
# Entry point groups are dotted names too, but no modules.
NO_MODULE = ("gevent.plugins",)

# "* SCHED2  What holds", in a docstring or a comment; and a mention of such a code.
INVARIANT = re.compile(r"^[ \t]*(?:# ?|\* ?|/\* ?)*([A-Z]+)([0-9]+)  +\S", re.MULTILINE)
CODE = re.compile(r"(?<![\w.\-/\"'#%])([A-Z]{2,6})([0-9]{1,2})(?![\w.\-/\"'(])")

DOTTED = re.compile(r"gevent(?:\.\w+)+")
CYTHON_FROM = re.compile(
    r"^[ \t]*from[ \t]+([\w.]+)[ \t]+c?import[ \t]+(\([^)]*\)|[^\n]*)", re.MULTILINE
)
CYTHON_IMPORT = re.compile(r"^[ \t]*c?import[ \t]+([^\n]+)", re.MULTILINE)
CYTHON_FILE = re.compile(
    r"""^[ \t]*(?:include|cdef[ \t]+extern[ \t]+from)[ \t]+["']([^"']+)["']""",
    re.MULTILINE,
)
C_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+["<]([^">]+)[">]', re.MULTILINE)
QUOTED = re.compile(r"""["'](gevent(?:\.\w+)+)["']""")
PUBLISH = re.compile(r"""\bpublish\([ \t\n]*__name__,[ \t\n]*["']([\w.]+)["']""")
CYTHON_COMMENT = re.compile(r"(?m)^[ \t]*#[^\n]*|[ \t]#[^\n\"']*$")
C_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


@dataclass(frozen=True)
class Reference:
    """One mention of a gevent module in a source."""

    line: int
    target: str
    kind: str  # "import", "program", "name", "own name" or "publish"


@dataclass(frozen=True)
class Source:
    """One file of the package and the gevent modules it mentions."""

    path: Path
    module: str
    references: tuple[Reference, ...]

    @property
    def tier(self) -> str:
        """The tier that the file lies in."""
        return tier_of(self.module)


def main(arguments: list[str]) -> int:
    """Check the tree given on the command line; return the exit status."""
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    breaches = list(check(root))
    for breach in breaches:
        print(breach)
    if not breaches:
        print("tiers: no reference against the order")
    return 1 if breaches else 0


def check(root: Path) -> Iterator[str]:
    """Yield one line for each breach in `root/gevent`."""
    sources = [_read(root, path) for path in _files(root / "gevent")]
    homes = {
        reference.target: source.module
        for source in sources
        for reference in source.references
        if reference.kind == "publish"
    }
    texts = {
        path.relative_to(root): path.read_text() for path in _files(root / "gevent")
    }
    yield from _judge_codes(texts)
    yield from _judge_circles(root, sources)
    for source in sources:
        for reference in source.references:
            complaint = _judge(source, reference, homes)
            if complaint:
                place = f"{source.path.relative_to(root)}:{reference.line}"
                yield f"{place}: {complaint}"


def tier_of(module: str) -> str:
    """Return the tier of a dotted name; what is in none is a facade, or the root."""
    parts = module.split(".")
    if len(parts) == 1:
        return "root"
    return parts[1] if parts[1] in RANKS else FACADES


# -- the rules


def _judge(source: Source, reference: Reference, homes: dict[str, str]) -> str:
    if reference.target.startswith("."):
        return f"relative import of {reference.target!r}: use the full home path (T1)"
    if source.tier == "root":
        return _judge_root(reference)
    if source.tier == FACADES:
        return _judge_facade(source, reference, homes)
    if _may_point_upward(source, reference, homes):
        return ""
    return _judge_tier(source, reference)


def _may_point_upward(
    source: Source, reference: Reference, homes: dict[str, str]
) -> bool:
    if reference.kind in ("import", "program"):
        return False
    if reference.kind == "publish" or _within(reference.target, NO_MODULE):
        return True
    if reference.kind == "own name":
        return tier_of(homes.get(reference.target, "")) == source.tier
    if source.module == LOOKED_UP_IN:
        return reference.kind == "name"
    return source.module == PROVIDERS_NAMED_IN and _within(reference.target, PROVIDERS)


def _judge_tier(source: Source, reference: Reference) -> str:
    target = reference.target
    tier = tier_of(target)
    if tier == "root":
        return f"{source.tier} must not import the package root (T1)"
    if RANKS[tier] > RANKS[source.tier]:
        return f"{source.tier} must not refer upward to {target} in {tier} (T1)"
    if tier != source.tier and RANKS[tier] == RANKS[source.tier]:
        return f"{source.tier} must not refer sideways to {target} in {tier} (T1)"
    if (source.tier, tier) == ("_native", "_base") and not _within(
        target, NATIVE_MAY_USE
    ):
        return (
            f"_native must not use {target}, only {' and '.join(NATIVE_MAY_USE)} (T2)"
        )
    if tier == source.tier:
        return _judge_folder(source.module, target, FOLDERS.get(tier, ()))
    return ""


def _judge_folder(module: str, target: str, rows: tuple[tuple[str, ...], ...]) -> str:
    ranks = {folder: rank for rank, row in enumerate(rows) for folder in row}
    mine, other = (name.split(".")[2:3] for name in (module, target))
    own_rank, other_rank = (ranks.get("".join(each), -1) for each in (mine, other))
    if other_rank > own_rank:
        return f"{module} must not refer upward to {target} (T5)"
    if other_rank == own_rank >= 0 and mine != other:
        return f"{module} must not refer sideways to {target} (T5)"
    return ""


def _judge_root(reference: Reference) -> str:
    if reference.kind == "import" and tier_of(reference.target) == FACADES:
        return f"the package root must import the home of {reference.target} (T1)"
    return ""


def _judge_facade(source: Source, reference: Reference, homes: dict[str, str]) -> str:
    if reference.kind != "import":
        return ""
    public = source.module.removesuffix(".__main__")
    home = homes.get(public)
    if home is None:
        return f"no home publishes {public!r}, which this facade stands for (T3)"
    if not _within(reference.target, (home,)):
        return (
            f"the facade must import only its home {home}, not {reference.target} (T3)"
        )
    return ""


def _judge_codes(texts: dict[Path, str]) -> Iterator[str]:
    """Complain about codes that two files define, and mentions of undefined ones."""
    homes: dict[str, set[str]] = {}
    known: set[str] = set()
    for path, text in texts.items():
        for match in INVARIANT.finditer(text):
            # A twin repeats what its original says.
            homes.setdefault(match[1] + match[2], set()).add(str(path.with_suffix("")))
            known.add(match[1])
    for code, places in sorted(homes.items()):
        if len(places) > 1:
            yield f"{code} is defined in {', '.join(sorted(places))} (T6)"
    for path, text in texts.items():
        for match in CODE.finditer(text):
            code = match[1] + match[2]
            if match[1] in known and code not in homes:
                yield f"{path}:{_line_of(text, match)}: there is no {code} (T6)"


def _judge_circles(root: Path, sources: list[Source]) -> Iterator[str]:
    """Report the first circle that there is."""
    plain = {
        source.module: source
        for source in sources
        if source.path.suffix == ".py" and source.tier not in {"root", FACADES}
    }
    graph = {
        module: {
            reference.target
            for reference in source.references
            if reference.kind == "import" and reference.target != module
        }
        & plain.keys()
        for module, source in plain.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))  # who imports comes first
        place = plain[circle[0]].path.relative_to(root)
        yield f"{place}: imports go in a circle: {' -> '.join(circle)} (T7)"


def _within(name: str, prefixes: Iterable[str]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


# -- reading


def _files(package: Path) -> list[Path]:
    suffixes = {".c", ".h", ".pxd", ".pxi", ".py", ".pyx"}
    return sorted(path for path in package.rglob("*") if path.suffix in suffixes)


def _read(root: Path, path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        references = _python_references(ast.parse(text, str(path)))
    elif path.suffix in {".c", ".h"}:
        references = _c_references(_blank(C_COMMENT, text))
    else:
        references = _cython_references(_blank(CYTHON_COMMENT, text))
    return Source(path, _module(root, path), tuple(sorted(references, key=_line)))


def _line(reference: Reference) -> int:
    return reference.line


def _module(root: Path, path: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _python_references(tree: ast.Module) -> Iterator[Reference]:
    published: set[int] = set()
    own_names = _own_names(tree)
    in_program = _in_program(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (target := _published(node)) is not None:
            published.add(id(target))
            yield Reference(node.lineno, str(target.value), "publish")
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield from _imported(node.lineno, alias.name, [])
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names = [alias.name for alias in node.names]
            kind = "program" if id(node) in in_program else "import"
            yield from _imported(node.lineno, module, names, kind)
        elif isinstance(node, ast.Constant) and id(node) not in published:
            # ast.walk visits a call before its arguments.
            yield from _named(node, "own name" if id(node) in own_names else "name")


def _in_program(tree: ast.Module) -> set[int]:
    """Find the nodes below `if __name__ == "__main__"`."""
    return {
        id(node)
        for statement in tree.body
        if isinstance(statement, ast.If)
        and ast.unparse(statement.test) == "__name__ == '__main__'"
        for node in ast.walk(statement)
    }


def _own_names(tree: ast.Module) -> set[int]:
    """Find what a module-level `_PUBLIC_NAME` is set to."""
    return {
        id(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id == "_PUBLIC_NAME"
    }


def _named(node: ast.Constant, kind: str) -> Iterator[Reference]:
    if isinstance(node.value, str) and DOTTED.fullmatch(node.value):
        yield Reference(node.lineno, node.value, kind)


def _published(call: ast.Call) -> ast.Constant | None:
    """Return the public name if this is `publish(__name__, "gevent.x")`."""
    if not isinstance(call.func, ast.Name) or call.func.id != "publish":
        return None
    match call.args:
        case [ast.Name(id="__name__"), ast.Constant(value=str()) as target]:
            return target
    return None


def _imported(
    line: int, module: str, names: list[str], kind: str = "import"
) -> Iterator[Reference]:
    if names and (module == "gevent" or module.removeprefix("gevent.") in RANKS):
        # `from gevent import x` and `from gevent.net import x` name modules.
        for name in names:
            yield Reference(line, module if name == "*" else f"{module}.{name}", kind)
    elif module.startswith(".") or _within(module, ("gevent",)):
        yield Reference(line, module, kind)


def _cython_references(text: str) -> Iterator[Reference]:
    for match in CYTHON_FROM.finditer(text):
        names = re.findall(r"[\w*]+(?=\s*(?:,|$|\)|as\b))", match[2])
        yield from _imported(_line_of(text, match), match[1], names)
    for match in CYTHON_IMPORT.finditer(text):
        for part in match[1].split(","):
            yield from _imported(_line_of(text, match), part.split()[0], [])
    yield from _file_references(text, CYTHON_FILE)
    yield from _quoted_references(text)


def _c_references(text: str) -> Iterator[Reference]:
    yield from _file_references(text, C_INCLUDE)
    yield from _quoted_references(text)


def _file_references(text: str, pattern: re.Pattern[str]) -> Iterator[Reference]:
    """Yield what is included by a path: "gevent/_hub/x.h", or "io/files.h" of ours."""
    native = {f"{folder}/" for row in FOLDERS["_native"] for folder in row}
    for match in pattern.finditer(text):
        path = match[1]
        if path.startswith(tuple(native)):
            path = f"gevent/_native/{path}"
        if path.startswith("gevent/"):
            module = path.rpartition(".")[0].replace("/", ".")
            yield Reference(_line_of(text, match), module, "import")
        elif ".." in match[1].split("/"):
            yield Reference(_line_of(text, match), match[1], "import")


def _quoted_references(text: str) -> Iterator[Reference]:
    published = {match.end(1): match for match in PUBLISH.finditer(text)}
    for match in QUOTED.finditer(text):
        kind = "publish" if match.end(1) in published else "name"
        yield Reference(_line_of(text, match), match[1], kind)


def _line_of(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1


def _blank(pattern: re.Pattern[str], text: str) -> str:
    """Empty what *pattern* matches, keeping the lines' numbers."""
    return pattern.sub(lambda match: "\n" * match[0].count("\n"), text)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
