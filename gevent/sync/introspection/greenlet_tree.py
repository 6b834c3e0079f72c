"""Who spawned whom: the greenlets of all threads as trees."""

from __future__ import annotations

import sys
import traceback
from types import FrameType
from typing import TYPE_CHECKING, TypeVar, cast

from greenlet import getcurrent
from greenlet import greenlet as raw_greenlet

from gevent._native.interpreter.live_objects import find_live
from gevent.sync.introspection.frames import walk_callers
from gevent.sync.local import local, stored_by_greenlet

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator
    from typing import Self

__all__ = ("GreenletTree",)

# Characters of a result: it may be a whole document, and a node has one line.
_LONGEST_VALUE = 30

T = TypeVar("T")
Details = dict[str, object]
# By the address of a greenlet: the locals that it touched, and what it stored there.
Stored = dict[int, list[tuple[local, dict[str, object]]]]


class GreenletTree:
    """A greenlet and those that it spawned.

    Attributes of the greenlet can be read from its node.

    Args:
        greenlet: Which.
    """

    DEFAULT_DETAILS: Details = {
        "running_stacks": True,
        "running_stack_limit": None,
        "spawning_stacks": True,
        "locals": True,
    }

    is_current_tree = False

    def __init__(self, greenlet: raw_greenlet):
        self.greenlet = greenlet
        self.child_trees: list[GreenletTree] = []

    def __getattr__(self, name: str) -> object:
        value: object = getattr(self.greenlet, name)
        return value

    def __str__(self) -> str:
        return self.format(False)

    @property
    def root(self) -> bool:
        """Whether the greenlet is the one its thread began with."""
        return self.greenlet.parent is None

    def add_child(self, tree: GreenletTree) -> None:
        """Append a tree below this one."""
        if tree is not self:
            self.child_trees.append(tree)

    # -- making ---------------------------------------------------------------------

    @classmethod
    def forest(cls) -> list[Self]:
        """Return the trees of all threads, the caller's first."""
        return cls._grow(_all_greenlets())

    @classmethod
    def current_tree(cls) -> Self:
        """Return the tree with the calling greenlet: that of its thread, mostly."""
        for tree in cls.forest():
            if tree.is_current_tree:
                return tree
        raise AssertionError("the calling greenlet is among the greenlets")

    @classmethod
    def _grow(cls, greenlets: Iterable[raw_greenlet]) -> list[Self]:
        """Arrange greenlets below those who spawned them."""
        nodes = {each: cls(each) for each in greenlets if not _is_ignored(each)}
        for each in list(nodes):
            top = _top_of(each)
            if top not in nodes:
                nodes[top] = cls(top)
        roots: list[Self] = []
        # The hub and other raw ones before those that the program spawned.
        for each in sorted(nodes, key=_was_spawned):
            node = nodes[each]
            above = nodes.get(_spawner_of(each, nodes))
            if above is None or above is node or _is_root(each):
                roots.append(node)
            else:
                above.add_child(node)
        here = _top_of(getcurrent())
        for root in roots:
            root.is_current_tree = root.greenlet is here
        roots.sort(key=_rank)
        return roots

    # -- showing --------------------------------------------------------------------

    def format(self, details: bool | Details = True) -> str:
        """Return the tree as text; see :meth:`format_lines`."""
        return "\n".join(self.format_lines(details))

    def format_lines(self, details: bool | Details = True) -> list[str]:
        """Return the tree as lines of text.

        Args:
            details: Whether to show stacks and locals; or which, a dictionary with
                some of the keys of ``DEFAULT_DETAILS``.
        """
        wanted: Details = {}
        if details or isinstance(details, dict):
            wanted = {**self.DEFAULT_DETAILS}
            if isinstance(details, dict):
                wanted.update(details)
        stored = _all_stored() if wanted.get("locals") else {}
        lines: list[str] = []
        # No recursion: who spawns its successor makes a tree without branches.
        waiting: list[tuple[GreenletTree, _Place, object]] = [(self, _Place(), None)]
        while waiting:
            node, place, above = waiting.pop()
            lines.append(place.before_label + _label(node.greenlet))
            tree_locals: object = getattr(node.greenlet, "spawn_tree_locals", None)
            if wanted:
                news = None if tree_locals is above else tree_locals
                for line in node._details(wanted, news, stored):
                    lines.append(place.before_detail + line)
            for number, child in enumerate(reversed(node.child_trees)):
                waiting.append((child, place.below(number == 0), tree_locals))
        return lines

    def _details(
        self, details: Details, tree_locals: object, stored: Stored
    ) -> Iterator[str]:
        greenlet = self.greenlet
        yield f"Parent: {_shown(greenlet.parent)}"
        if details.get("running_stacks"):
            limit = cast("int | None", details.get("running_stack_limit"))
            yield from _stack_lines("Running:", _frame_of(greenlet), limit)
        if details.get("spawning_stacks"):
            stack: object = getattr(greenlet, "spawning_stack", None)
            yield from _stack_lines("Spawned at:", stack, None)
        if details.get("locals"):
            if tree_locals:
                yield "Spawn Tree Locals"
                yield _shown(tree_locals)
            yield from _stored_lines(stored.get(id(greenlet), ()))


class _Place:
    """Where in the picture of a tree a node stands."""

    def __init__(self, depth: int = 0, stem: str = "", margin: str = " :"):
        self.depth = depth
        self.margin = margin
        # What stands left of the branches to this node's children.
        self.stem = stem
        self.before_label = ""
        self.before_detail = margin + " " * (4 + 6 * depth)

    def below(self, is_last: bool) -> _Place:
        """Return the place of a child."""
        margin = self.margin if self.depth or not is_last else "  "
        bar = "     " if is_last else "|    "
        place = _Place(self.depth + 1, self.stem + bar, margin)
        place.before_label = f" {self.stem}+--- "
        return place


def _all_of(kind: type[T]) -> list[T]:
    return cast("list[T]", find_live((kind,)))


def _all_greenlets() -> list[raw_greenlet]:
    found = _all_of(raw_greenlet)
    current = getcurrent()
    if current not in found:
        found.append(current)
    return found


def _all_stored() -> Stored:
    """Return what greenlets stored in objects of the class ``local``."""
    found: Stored = {}
    for each in _all_of(local):
        for address, values in stored_by_greenlet(each).items():
            if values:
                found.setdefault(address, []).append((each, values))
    return found


def _is_ignored(greenlet: raw_greenlet) -> bool:
    return bool(getattr(greenlet, "greenlet_tree_is_ignored", False))


def _is_root(greenlet: raw_greenlet) -> bool:
    return bool(getattr(greenlet, "greenlet_tree_is_root", False))


def _was_spawned(greenlet: raw_greenlet) -> bool:
    return getattr(greenlet, "spawning_greenlet", None) is not None


def _rank(root: GreenletTree) -> int:
    """The caller's first, then those of threads, then what stands alone."""
    if root.is_current_tree:
        return 0
    return 1 if root.root else 2


def _top_of(greenlet: raw_greenlet) -> raw_greenlet:
    """Return the root that a greenlet that nobody spawned hangs below."""
    while greenlet.parent is not None and not _is_root(greenlet):
        greenlet = greenlet.parent
    return greenlet


def _spawner_of(greenlet: raw_greenlet, known: Container[raw_greenlet]) -> raw_greenlet:
    """Return below whom a greenlet stands: who spawned it, or a root."""
    reference: Callable[[], raw_greenlet | None] | None = getattr(
        greenlet, "spawning_greenlet", None
    )
    spawner = None if reference is None else reference()
    return _top_of(greenlet) if spawner is None or spawner not in known else spawner


def _label(greenlet: raw_greenlet) -> str:
    label = _shown(greenlet)
    if not greenlet.dead and _has_started(greenlet):
        return label
    if not greenlet.dead or not hasattr(greenlet, "value"):
        return f"{label}; not running"
    error: object = getattr(greenlet, "exception", None)
    if error is not None:
        return f"{label}; finished with exception {_shown(error)}"
    value: object = getattr(greenlet, "value", None)
    if value is not None:
        return f"{label}; finished with value {_shown(value)[:_LONGEST_VALUE]}"
    return f"{label}; finished"


def _shown(value: object) -> str:
    """repr(); of what another thread is still making, or a user's, it may fail."""
    try:
        return repr(value)
    except Exception as error:
        return f"<{type(value).__name__} whose repr failed: {type(error).__name__}>"


def _has_started(greenlet: raw_greenlet) -> bool:
    # Not the truth value of a Greenlet: that begins when it is scheduled.
    return raw_greenlet.__bool__(greenlet)


def _frame_of(greenlet: raw_greenlet) -> FrameType | None:
    if greenlet is getcurrent():
        return sys._getframe(1)
    return greenlet.gr_frame


def _stack_lines(title: str, frame: object, limit: int | None) -> Iterator[str]:
    """The lines of a stack under a title; nothing if there is no stack."""
    if frame is None:
        return
    yield title
    # A recorded spawning stack has what this reads of a frame.
    callers = walk_callers(cast("FrameType", frame))
    stack = traceback.StackSummary.extract(callers, limit=limit)
    stack.reverse()
    yield from "".join(stack.format()).splitlines()


def _stored_lines(
    stored: Iterable[tuple[local, dict[str, object]]],
) -> Iterator[str]:
    """The lines of what one greenlet stored, under a title; nothing if it did not."""
    for number, (each, values) in enumerate(stored):
        if number == 0:
            yield "Greenlet Locals:"
        yield f"  Local {type(each)!r} at 0x{id(each):x}"
        yield f"    {_shown(values)}"
