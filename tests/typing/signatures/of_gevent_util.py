"""Every signature of ``gevent.util``: pinned, so that a change is seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FrameType
from typing import ParamSpec, TextIO, TypeVar, assert_type

from greenlet import greenlet as raw_greenlet

from gevent.hub import Hub
from gevent.util import (
    GreenletTree,
    _SwitchTracer,
    assert_switches,
    clear_stack_frames,
    format_run_info,
    print_run_info,
    wrap_errors,
)

_P = ParamSpec("_P")
_T = TypeVar("_T")


def wrap_errors_made(
    errors: type[BaseException] | tuple[type[BaseException], ...],
    func: Callable[_P, _T],
) -> None:
    assert_type(wrap_errors(errors, func), wrap_errors[_P, _T])


def wrap_errors_called(
    it: wrap_errors[_P, _T], *args: _P.args, **kwargs: _P.kwargs
) -> None:
    assert_type(it(*args, **kwargs), _T | BaseException)


def of_print_run_info(
    thread_stacks: bool, greenlet_stacks: bool, limit: int | None, file: TextIO | None
) -> None:
    assert_type(print_run_info(thread_stacks, greenlet_stacks, limit, file), None)


def of_format_run_info(
    thread_stacks: bool,
    greenlet_stacks: bool,
    limit: int | None,
    current_thread_ident: int | None,
) -> None:
    assert_type(
        format_run_info(thread_stacks, greenlet_stacks, limit, current_thread_ident),
        list[str],
    )


def of_clear_stack_frames(frame: FrameType | None) -> None:
    assert_type(clear_stack_frames(frame), None)


def assert_switches_hub(it: assert_switches) -> None:
    assert_type(it.hub, Hub | None)


def assert_switches_tracer(it: assert_switches) -> None:
    assert_type(it.tracer, _SwitchTracer | None)


def assert_switches_max_blocking_time(it: assert_switches) -> None:
    assert_type(it.max_blocking_time, float | None)


def assert_switches_hub_only(it: assert_switches) -> None:
    assert_type(it.hub_only, bool)


def assert_switches_made(max_blocking_time: float | None, hub_only: bool) -> None:
    assert_type(assert_switches(max_blocking_time, hub_only), assert_switches)


def assert_switches_entered(it: assert_switches) -> None:
    assert_type(it.__enter__(), assert_switches)


def greenlettree_default_details(it: GreenletTree) -> None:
    assert_type(it.DEFAULT_DETAILS, dict[str, object])


def greenlettree_is_current_tree(it: GreenletTree) -> None:
    assert_type(it.is_current_tree, bool)


def greenlettree_greenlet(it: GreenletTree) -> None:
    assert_type(it.greenlet, raw_greenlet)


def greenlettree_child_trees(it: GreenletTree) -> None:
    assert_type(it.child_trees, list[GreenletTree])


def greenlettree_made(greenlet: raw_greenlet) -> None:
    assert_type(GreenletTree(greenlet), GreenletTree)


def greenlettree_root(it: GreenletTree) -> None:
    assert_type(it.root, bool)


def greenlettree_add_child(it: GreenletTree, tree: GreenletTree) -> None:
    assert_type(it.add_child(tree), None)


def greenlettree_forest(it: type[GreenletTree]) -> None:
    assert_type(it.forest(), list[GreenletTree])


def greenlettree_current_tree(it: type[GreenletTree]) -> None:
    assert_type(it.current_tree(), GreenletTree)


def greenlettree_format(it: GreenletTree, details: bool | Mapping[str, object]) -> None:
    assert_type(it.format(details), str)


def greenlettree_format_lines(
    it: GreenletTree, details: bool | Mapping[str, object]
) -> None:
    assert_type(it.format_lines(details), list[str])
