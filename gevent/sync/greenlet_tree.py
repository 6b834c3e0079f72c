"""Who spawned whom: the greenlets of all threads as trees."""

from __future__ import annotations

import gc
import sys
import traceback
from types import FrameType
from typing import TYPE_CHECKING, cast

from greenlet import getcurrent
from greenlet import greenlet as raw_greenlet

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator
    from typing import Self

__all__ = ("GreenletTree",)

Details = dict[str, object]


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

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.greenlet!r}>"

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
        """Return the trees of all threads."""
        return cls._grow(_all_greenlets())

    @classmethod
    def current_tree(cls) -> Self:
        """Return the tree of the calling thread."""
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
        for each, node in nodes.items():
            above = nodes.get(_spawner_of(each, nodes))
            if above is None or above is node or _is_root(each):
                roots.append(node)
            else:
                above.add_child(node)
        here = _top_of(getcurrent())
        for root in roots:
            root.is_current_tree = root.greenlet is here
        return roots

    # -- showing --------------------------------------------------------------------

    def format(self, details: bool | Details = True) -> str:
        """Return the tree as text; see :meth:`format_lines`."""
        return "".join(line + "\n" for line in self.format_lines(details)).rstrip("\n")

    def format_lines(self, details: bool | Details = True) -> list[str]:
        """Return the tree as lines of text.

        Args:
            details: Whether to show stacks and locals; or which, a dictionary with
                some of the keys of ``DEFAULT_DETAILS``.
        """
        wanted: Details = {}
        if details:
            wanted = {**self.DEFAULT_DETAILS}
            if isinstance(details, dict):
                wanted.update(details)
        return list(self._lines(wanted, None))

    def _lines(self, details: Details, above: object) -> Iterator[str]:
        """This node and those below; *above* has shown its spawn tree locals."""
        yield _label(self.greenlet)
        tree_locals: object = getattr(self.greenlet, "spawn_tree_locals", None)
        if details:
            is_news = bool(tree_locals) and tree_locals is not above
            for line in self._details(details, tree_locals if is_news else None):
                yield f" :    {line}"
        for number, child in enumerate(self.child_trees, 1):
            is_last = number == len(self.child_trees)
            lines = child._lines(details, tree_locals)
            yield f" +--- {next(lines)}"
            for line in lines:
                yield f"{'  ' if is_last else ' |'}    {line}"

    def _details(self, details: Details, tree_locals: object) -> Iterator[str]:
        greenlet = self.greenlet
        yield f"Parent: {greenlet.parent!r}"
        if details.get("running_stacks"):
            limit = cast("int | None", details.get("running_stack_limit"))
            yield from _stack_lines("Running:", _frame_of(greenlet), limit)
        if details.get("spawning_stacks"):
            stack: object = getattr(greenlet, "spawning_stack", None)
            yield from _stack_lines("Spawned at:", stack, None)
        if details.get("locals") and tree_locals:
            yield "Spawn Tree Locals"
            yield repr(tree_locals)


def _all_greenlets() -> list[raw_greenlet]:
    found = [each for each in gc.get_objects() if isinstance(each, raw_greenlet)]
    current = getcurrent()
    if current not in found:
        found.append(current)
    return found


def _is_ignored(greenlet: raw_greenlet) -> bool:
    return bool(getattr(greenlet, "greenlet_tree_is_ignored", False))


def _is_root(greenlet: raw_greenlet) -> bool:
    return bool(getattr(greenlet, "greenlet_tree_is_root", False))


def _top_of(greenlet: raw_greenlet) -> raw_greenlet:
    """Return what a greenlet's thread began with."""
    while greenlet.parent is not None:
        greenlet = greenlet.parent
    return greenlet


def _spawner_of(greenlet: raw_greenlet, known: Container[raw_greenlet]) -> raw_greenlet:
    """Return below whom a greenlet stands: who spawned it, or its thread's first."""
    reference: Callable[[], raw_greenlet | None] | None = getattr(
        greenlet, "spawning_greenlet", None
    )
    spawner = None if reference is None else reference()
    return _top_of(greenlet) if spawner is None or spawner not in known else spawner


def _label(greenlet: raw_greenlet) -> str:
    label = repr(greenlet)
    if not greenlet.dead:
        return label if _has_started(greenlet) else f"{label}; not running"
    error = getattr(greenlet, "exception", None)
    if error is not None:
        return f"{label}; finished with exception {error!r}"
    if hasattr(greenlet, "value"):
        value: object = getattr(greenlet, "value", None)
        return f"{label}; finished with value {value!r}"
    return f"{label}; finished"


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
    stack = traceback.format_stack(cast("FrameType", frame), limit)
    yield from "".join(stack).splitlines()
