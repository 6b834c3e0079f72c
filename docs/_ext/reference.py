"""What the pages of the reference take from the code, so that they are complete.

- Members that a class inherits are described with it, if they are gevent's.
- Numbered invariants and the docstrings of modules, which are for contributors, stand
  on the page with ``{invariants}`` and not where users read.
- A second name of something is in the index, too, and leads to the first.
- ``{from-stdlib} gevent.x`` lists what a module passes on from the standard library,
  ``{settings}`` all settings, ``{events}`` all events.
"""

from __future__ import annotations

import importlib
import inspect
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.domains.python import ObjectEntry
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from types import ModuleType

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

PACKAGE = Path(__file__).parents[2] / "gevent"
# Folders of the package that hold homes of modules, and no public names.
HOMES = {"_base", "_hub", "_loop", "_native"}
HOMES |= {"commands", "net", "patch", "servers", "simulation", "sync"}
# Facades of what only a loop is made of.
INSIDE = {
    "gevent.libev.watcher",
    "gevent.libuv.watcher",
    "gevent.libev",
    "gevent.libuv",
}
# The loops, which one page describes together, and other names that lead elsewhere. Not
# all of these can be imported in every form.
SAME = {
    "gevent.core.loop": "gevent._loop.loop.Loop",
    "gevent.libev.corecext.loop": "gevent._loop.loop.Loop",
    "gevent.libev.corecffi.loop": "gevent._loop.loop.Loop",
    "gevent.libuv.loop.loop": "gevent._loop.loop.Loop",
    "gevent.core.callback": "gevent.libev.corecext.callback",
    "gevent.libev.corecffi.callback": "gevent.libev.corecext.callback",
    "gevent.core.READ": "gevent.libev.corecext.READ",
    "gevent.core.WRITE": "gevent.libev.corecext.WRITE",
    "gevent._config.config": "gevent.config",
}
# Where what a page describes under the name of its home is looked for, too.
PUBLIC_OF = {"gevent._hub.hub": "gevent.hub"}
INVARIANT = re.compile(r"^(?P<indent> *)(?:\* )?(?P<name>[A-Z]{1,6}\d+)(?: |$)")
HEADING = re.compile(r"^ *(?:Invariants|States)\b[^.]*::?$")


def public_modules() -> Iterator[str]:
    """Find the names of the modules that programs may import."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        name = ".".join(parts)
        is_home = len(parts) > 1 and parts[1] in HOMES
        if not is_home and name not in INSIDE and not parts[-1].startswith("__"):
            yield name


def load(name: str) -> ModuleType | None:
    """Import a module, if it exists in this form."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except ImportError:
            return None


def public_names(module: ModuleType) -> list[str]:
    """Return what a module offers, in its own order."""
    names: list[str] = [*getattr(module, "__all__", ())]
    return names or [name for name in vars(module) if not name.startswith("_")]


def is_ours(value: object) -> bool:
    """Tell whether something is made by gevent."""
    if isinstance(value, property):
        value = value.fget
    value = getattr(value, "__func__", value)
    return str(getattr(value, "__module__", "")).partition(".")[0] == "gevent"


# -- docstrings -----------------------------------------------------------------------


def without_invariants(lines: list[str]) -> list[str]:
    """Return a docstring without its numbered rules, and without their heading."""
    kept: list[str] = []
    skipping: int | None = None
    for line in lines:
        match = INVARIANT.match(line)
        indent = len(line) - len(line.lstrip())
        if match or (HEADING.match(line) and line.lstrip().startswith("Inv")):
            skipping = len(match["indent"]) if match else indent
        elif skipping is not None and line and indent <= skipping:
            skipping = None
        if skipping is None:
            kept.append(line)
    return kept


def process(
    app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]
) -> None:
    """Keep what is for users."""
    if what == "module":
        lines[:] = []  # the page itself says what the module is for
    else:
        lines[:] = without_invariants(lines)


def skip(
    app: Sphinx, what: str, name: str, value: object, skipped: bool, options: object
) -> bool | None:
    """Leave out what a class inherits from others."""
    if what not in {"class", "exception"} or skipped:
        return None
    owner = getattr(value, "__objclass__", None)
    if isinstance(owner, type):
        return None if is_ours(owner) else True
    is_routine = isinstance(value, property) or callable(value)
    return True if is_routine and not is_ours(value) else None


# -- second names ---------------------------------------------------------------------


def described(module: ModuleType, name: str, known: dict[str, ObjectEntry]) -> str:
    """Return the full name under which the pages describe something; else nothing."""
    full = f"{module.__name__}.{name}"
    value = getattr(module, name, None)
    if not (isinstance(value, type) or inspect.isroutine(value)):
        return full if full in known else ""
    own = getattr(value, "__qualname__", name)
    found = [
        other
        for other in known
        if other.rpartition(".")[2] in {own, name} and find(other) is value
    ]
    # A second name on the same page has an entry, and no members.
    return max(found, key=lambda other: sum(is_in(n, other) for n in known), default="")


def find(full: str) -> object:
    """Return what a full name stands for."""
    head, _, tail = full.rpartition(".")
    module = load(head) if head else None
    return getattr(module, tail, None)


def add_second_names(app: Sphinx, env: BuildEnvironment) -> None:
    """Give each public name an entry, which leads to where it is described."""
    known = env.domains["py"].objects  # type: ignore[attr-defined]  # the Python domain
    first = {name: entry for name, entry in known.items() if not entry.aliased}
    for facade in public_modules():
        module = load(facade)
        if module is None:
            continue
        for name in public_names(module):
            target = described(module, name, first)
            for old in [other for other in first if target and is_in(other, target)]:
                new = f"{facade}.{name}{old[len(target) :]}"
                known.setdefault(new, first[old]._replace(aliased=True))


def elsewhere(
    value: type, known: dict[str, ObjectEntry], own: ObjectEntry
) -> Iterator[tuple[str, ObjectEntry]]:
    """Find members of a class that the pages describe with a base, or in its text."""
    for base in value.__mro__[1:]:
        for module in {base.__module__, PUBLIC_OF.get(base.__module__, "")}:
            full = f"{module}.{base.__qualname__}"
            for name in [other for other in known if other.startswith(f"{full}.")]:
                yield name[len(full) + 1 :], known[name]
    text = inspect.getdoc(value) or ""
    for name in [name for name in dir(value) if not name.startswith("_")]:
        if re.search(rf"^ *{name}(:| \()|``{name}``", text, re.M):
            yield name, own


def is_in(name: str, target: str) -> bool:
    """Tell whether a name is another one, or that of a member of it."""
    return name == target or name.startswith(f"{target}.")


# Entries that no reference may find: `int` is not that of gevent.builtins.
LATE: dict[str, ObjectEntry] = {}


def add_late_names(app: Sphinx) -> list[object]:
    """Add them between the last page and the inventory."""
    known = app.env.domains["py"].objects  # type: ignore[attr-defined]  # likewise
    for name, entry in LATE.items():
        known.setdefault(name, entry)
    for alias, target in SAME.items():
        for name in [name for name in known if is_in(name, target)]:
            entry = known[name]._replace(aliased=True)
            known.setdefault(f"{alias}{name[len(target) :]}", entry)
    first = {name: entry for name, entry in known.items() if name not in LATE}
    for facade in public_modules():
        module = load(facade)
        for name in public_names(module) if module else ():
            value = getattr(module, name)
            target = described(module, name, first) if module else ""
            if target and isinstance(value, type):
                for member, entry in elsewhere(value, known, first[target]):
                    full = f"{facade}.{name}.{member}"
                    known.setdefault(full, entry._replace(aliased=True))
    return []


# -- lists ----------------------------------------------------------------------------


class Listing(SphinxDirective):
    """What writes a part of a page in reStructuredText."""

    def parsed(self, lines: list[str]) -> list[nodes.Node]:
        """Return the nodes of a text."""
        text = ["```{eval-rst}", *lines, "```"]
        holder = nodes.container()
        self.state.nested_parse(StringList(text, "code"), self.content_offset, holder)
        return holder.children

    def note(self, node: nodes.Node, owner: str, names: list[str], kind: str) -> None:
        """Remember that a paragraph describes names; see `add_late_names`."""
        assert isinstance(node, nodes.Element)
        anchor = nodes.make_id(f"{owner}-{names[0]}")
        node["ids"].append(anchor)
        for name in names:
            entry = ObjectEntry(self.env.docname, anchor, kind, aliased=True)
            LATE[f"{owner}.{name}"] = entry


def table(heads: list[str], rows: list[list[str]], widths: str) -> list[str]:
    """Return a table as text."""
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for row in [heads, *rows]:
        for number, cell in enumerate(row):
            first, *rest = cell.splitlines() or [""]
            lines.append(f"   {'* -' if number == 0 else '  -'} {first}")
            lines += [f"       {line}" for line in rest]
    return ["", *lines, ""]


class Settings(Listing):
    """The settings, each with its variable, its default and its meaning."""

    def run(self) -> list[nodes.Node]:
        """Return the table, with entries for settings and variables in the index."""
        from gevent import config

        rows = []
        for name, setting in config.settings.items():
            # What texts and callables may be is the same for all, and said once.
            text = re.split(r"\n(?:As text: 1|A callable, its dotted)", setting.desc)[0]
            short = re.search(r"^Short names: .*$", setting.desc, re.M)
            default = f"Default: ``{setting.default!r}``"
            rows.append(
                [
                    f"``{name}``\n\n``{setting.environment_key}``",
                    f"{text}\n{short[0] if short else ''}\n\n{default}",
                ]
            )
        found = self.parsed(
            table(["setting, and its variable", "means"], rows, "40 60")
        )
        lines = list(found[0].findall(nodes.row))[1:]
        for line, (name, setting) in zip(lines, config.settings.items(), strict=True):
            self.note(line, "gevent.config", [name], "attribute")
            anchor = line["ids"][-1]
            texts = [f"{name} (setting)", f"{setting.environment_key} (variable)"]
            entries = [("single", text, anchor, "", None) for text in texts]
            found.append(addnodes.index(entries=entries))
        return found


class Events(Listing):
    """All classes of events, each with when it is sent."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        events = load("gevent.events")
        assert events is not None
        rows = []
        for name in public_names(events):
            value = getattr(events, name)
            is_event = isinstance(value, type) and is_ours(value)
            if not is_event or name in {"DoNotPatch", "Subscription"}:
                continue
            group = getattr(value, "ENTRY_POINT_NAME", "")
            summary = (inspect.getdoc(value) or "").partition("\n")[0]
            summary = re.sub(r":exc:`(\w+)`", r"``\1``", summary)
            if group:
                summary += f"\n\nEntry points: ``{group}``"
            rows.append([f":class:`{name} <gevent.events.{name}>`", summary])
        return self.parsed(table(["event", "sent when"], rows, "40 60"))


class FromStdlib(Listing):
    """The names that a module has from elsewhere and does not change."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the names in one paragraph, each with an entry in the inventory."""
        module = load(self.arguments[0])
        assert module is not None, self.arguments[0]
        names = sorted(
            name for name in public_names(module) if not is_ours(getattr(module, name))
        )
        found = self.parsed([", ".join(f"``{name}``" for name in names) + "."])
        self.note(found[0], self.arguments[0], names, "data")
        return found


class Named(Listing):
    """A paragraph that describes several members of a class, the first argument."""

    required_arguments = 2
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the paragraph, with an entry for each in the inventory."""
        holder = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, holder)
        names = self.arguments[1].split()
        self.note(holder.children[0], self.arguments[0], names, "attribute")
        return holder.children


class Invariants(Directive):
    """What the homes of the modules say about themselves to contributors."""

    def run(self) -> list[nodes.Node]:
        """Return a section for each module whose docstring has more than a sentence."""
        found: list[nodes.Node] = []
        for folder in sorted(HOMES):
            for path in sorted((PACKAGE / folder).rglob("*.py*")):
                if path.suffix in {".py", ".pyx"}:
                    found += self.section(path)
        return found

    def section(self, path: Path) -> list[nodes.Node]:
        """Return the section of one file."""
        source = re.sub(r"^#.*\n+", "", path.read_text(), flags=re.M)
        match = re.match(r'"""(.*?)"""', source, re.S)
        if match is None or not re.search(r"^\W*[A-Z]{1,6}\d+ ", match[1], re.M):
            return []
        name = str(path.relative_to(PACKAGE.parent))
        section = nodes.section(ids=[nodes.make_id(name)])
        section += nodes.title("", "", nodes.literal("", name))
        section += nodes.literal_block("", match[1].strip(), language="text")
        return [section]


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the parts."""
    app.connect("autodoc-process-docstring", process, priority=300)
    app.connect("autodoc-skip-member", skip, priority=600)
    app.connect("env-updated", add_second_names)
    app.connect("html-collect-pages", add_late_names)
    app.add_directive("named", Named)
    app.add_directive("settings", Settings)
    app.add_directive("events", Events)
    app.add_directive("from-stdlib", FromStdlib)
    app.add_directive("invariants", Invariants)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
