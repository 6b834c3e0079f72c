"""``gevent.util``: what runs, who switches, and exceptions as results."""

from __future__ import annotations

import inspect
import io
import re
import threading
from collections.abc import Callable

import greenlet as greenlets
import pytest

import gevent
import gevent.util
from gevent.local import local
from gevent.util import (
    GreenletTree,
    assert_switches,
    clear_stack_frames,
    format_run_info,
    print_run_info,
    wrap_errors,
)

pytestmark = pytest.mark.pure


class Clock:
    """A clock that goes when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(gevent.util, "perf_counter", made)
    return made


# -- wrap_errors --------------------------------------------------------------------


def test_wrapped_errors_are_returned_and_others_raised() -> None:
    wrapped = wrap_errors((ValueError, KeyError), int)
    assert wrapped("3") == 3
    assert isinstance(wrapped("x"), ValueError)
    with pytest.raises(TypeError):
        wrapped(None)


def test_a_wrapped_function_looks_like_itself() -> None:
    def function() -> None:
        """Its docstring."""

    function.mine = 1  # type: ignore[attr-defined]
    wrapped = wrap_errors(ValueError, function)
    assert wrapped.__name__ == "function"  # type: ignore[attr-defined]
    assert wrapped.__doc__ == "Its docstring."
    assert repr(wrapped) == repr(function)
    assert str(wrapped) == str(function)
    assert wrapped.mine == 1


# -- run info -----------------------------------------------------------------------


def test_the_run_info_shows_threads_and_greenlets() -> None:
    sleeper = gevent.spawn(gevent.sleep, 1000)
    gevent.sleep(0)
    text = "\n".join(format_run_info())
    assert text.index("* Threads") < text.index("* Greenlets")
    assert f"Thread 0x{threading.get_ident():x} (MainThread) (CURRENT)" in text
    assert "test_the_run_info_shows_threads_and_greenlets" in text
    assert repr(sleeper) in text
    assert "Spawned at:" in text
    sleeper.kill()


def test_stacks_are_shown_while_others_run() -> None:
    """A crash, or greenlets without a stack (#1969)."""

    def deep(levels: int) -> None:
        if levels:
            deep(levels - 1)
        else:
            gevent.sleep(1000)

    sleepers = [gevent.spawn(deep, n % 3) for n in range(21)]
    spinning = gevent.spawn(lambda: [gevent.sleep(0) for _ in range(200)])
    gevent.sleep(0)
    for _ in range(5):
        text = "\n".join(format_run_info())
        assert all(repr(each) in text for each in sleepers)
        assert text.count(", in deep") == 7 * (1 + 2 + 3)
        gevent.sleep(0)
    assert not spinning.ready()
    gevent.killall([*sleepers, spinning])


def test_a_thread_is_a_title_a_stack_and_a_rule() -> None:
    lines = format_run_info(limit=1)
    rule = "*" * 80
    assert lines[:3] == [rule, "* Threads", rule]
    threads = lines[3 : lines.index("* Greenlets")]
    assert len(threads) % 3 == 0
    assert threads[2::3] == [rule] * (len(threads) // 3)
    for title, stack in zip(threads[::3], threads[1::3], strict=True):
        assert re.fullmatch(r"Thread 0x[0-9a-f]+ \(.*\)( \(CURRENT\))?\n", title)
        assert stack.startswith('  File "')
        assert stack.endswith("\n")


def test_a_stack_that_is_not_wanted_is_said_to_be_left_out() -> None:
    lines = format_run_info(thread_stacks=False)
    threads = lines[3 : lines.index("* Greenlets")]
    assert set(threads[1::3]) == {"\t...stack elided..."}


def test_stacks_can_be_left_out_but_where_greenlets_were_spawned_stays() -> None:
    greenlet = gevent.spawn(gevent.sleep, 0)
    gevent.sleep(0)
    text = "\n".join(format_run_info(thread_stacks=False, greenlet_stacks=False))
    greenlet.join()
    assert "Running:" not in text
    assert "Spawned at:" in text


def test_the_run_info_is_printed_where_asked() -> None:
    stream = io.StringIO()
    print_run_info(file=stream)
    assert "* Greenlets" in stream.getvalue()


def test_a_stack_of_frames_lets_go_of_its_locals() -> None:
    def outer() -> None:
        kept = object()
        inner()
        del kept

    def inner() -> None:
        number = 1
        raise ValueError(number)

    with pytest.raises(ValueError, match="1") as caught:
        outer()
    assert caught.tb.tb_next is not None
    assert caught.tb.tb_next.tb_next is not None
    mine, called, raised = (
        caught.tb.tb_frame,
        caught.tb.tb_next.tb_frame,
        caught.tb.tb_next.tb_next.tb_frame,
    )
    clear_stack_frames(raised)
    assert "number" not in raised.f_locals
    assert "kept" not in called.f_locals
    assert mine.f_locals["outer"] is outer


def test_frames_that_execute_are_left_alone() -> None:
    number = 1
    clear_stack_frames(inspect.currentframe())
    assert number == 1
    clear_stack_frames(None)


# -- trees --------------------------------------------------------------------------


def test_greenlets_stand_below_those_that_spawned_them() -> None:
    inner: list[gevent.Greenlet] = []

    def body() -> None:
        inner.append(gevent.spawn(gevent.sleep, 1000))
        gevent.sleep(1000)

    outer = gevent.spawn(body)
    gevent.sleep(0)
    tree = GreenletTree.current_tree()
    assert tree.root
    assert tree.is_current_tree
    (node,) = [each for each in tree.child_trees if each.greenlet is outer]
    assert [each.greenlet for each in node.child_trees] == inner
    assert not node.root
    assert node.args == ()
    gevent.killall([outer, *inner])


def test_labels_say_how_a_greenlet_ended() -> None:
    gevent.get_hub().exception_stream = None
    new = gevent.Greenlet(len)
    done = gevent.spawn(len, "abc")
    failed = gevent.spawn(int, "x")
    empty = gevent.spawn(lambda: None)
    gevent.joinall([done, failed, empty])
    text = GreenletTree.current_tree().format(details=False)
    assert f"{new!r}; not running" in text
    assert f"{done!r}; finished with value 3" in text
    assert f"{empty!r}; finished\n" in f"{text}\n"
    assert f"{failed!r}; finished with exception ValueError(" in text


def test_only_the_beginning_of_a_long_value_is_shown() -> None:
    greenlet = gevent.spawn(lambda: "a" * 1000)
    greenlet.join()
    (line,) = GreenletTree(greenlet).format_lines(details=False)
    assert line == f"{greenlet!r}; finished with value '{'a' * 29}"


def test_branches_join_children_to_their_parents() -> None:
    def tree(name: str, *children: GreenletTree) -> GreenletTree:
        greenlet = gevent.Greenlet(len)
        greenlet.name = name
        made = GreenletTree(greenlet)
        for child in children:
            made.add_child(child)
        return made

    text = tree(
        "a",
        tree("b", tree("c", tree("d")), tree("e", tree("f"))),
        tree("g", tree("h"), tree("i")),
    ).format({"running_stacks": False, "spawning_stacks": False})
    assert re.sub('<Greenlet "(.)" .*', r"\1", re.sub("Parent: .*", "-", text)) == (
        """\
a
 :    -
 +--- b
 :          -
 |    +--- c
 :                -
 |    |    +--- d
 :                      -
 |    +--- e
 :                -
 |         +--- f
 :                      -
 +--- g
            -
      +--- h
                  -
      +--- i
                  -"""
    )


def test_a_long_line_of_spawners_can_be_shown() -> None:
    tree = top = GreenletTree(greenlets.greenlet(len))
    for _ in range(2000):
        child = GreenletTree(greenlets.greenlet(len))
        tree.add_child(child)
        tree = child
    assert len(top.format_lines(details=False)) == 2001


def test_what_a_greenlet_stored_in_locals_is_shown() -> None:
    values = local()
    values.here = 1

    def body() -> None:
        values.there = 2
        gevent.sleep(1000)

    greenlet = gevent.spawn(body)
    gevent.sleep(0)
    lines = GreenletTree(greenlet).format_lines()
    at = lines.index(" :    Greenlet Locals:")
    assert lines[at + 1] == f" :      Local {local!r} at 0x{id(values):x}"
    assert lines[at + 2] == " :        {'there': 2}"
    assert "{'here': 1}" in GreenletTree(gevent.getcurrent()).format()
    text = GreenletTree(greenlet).format({"locals": False})
    assert "Greenlet Locals:" not in text
    greenlet.kill()
    assert "Greenlet Locals:" not in GreenletTree(greenlet).format()


def test_looking_touches_nothing() -> None:
    class Counting(local):
        def __init__(self) -> None:
            touched.append(gevent.getcurrent())

    class Proxy:
        @property
        def __class__(self) -> type:
            raise AssertionError("somebody asked")

    touched: list[object] = []
    kept = Counting(), Proxy()
    gevent.spawn(format_run_info).get()
    assert touched == [gevent.getcurrent()]
    del kept


def test_spawn_tree_locals_are_shown_once() -> None:
    def body() -> None:
        gevent.getcurrent().spawn_tree_locals["key"] = "v"  # type: ignore[attr-defined]
        children = [gevent.spawn(gevent.sleep, 1000) for _ in range(2)]
        gevent.sleep(0)
        texts.append(GreenletTree.current_tree().format())
        texts.append(GreenletTree.current_tree().format({"locals": False}))
        gevent.killall(children)

    texts: list[str] = []
    gevent.spawn(body).join()
    assert texts[0].count("{'key': 'v'}") == 1
    assert "Spawn Tree Locals" not in texts[1]


def test_greenlets_can_be_hidden_or_stand_alone() -> None:
    class Hidden(gevent.Greenlet):
        greenlet_tree_is_ignored = True

    class Root(gevent.Greenlet):
        greenlet_tree_is_root = True

    hidden, root = Hidden(), Root()
    forest = GreenletTree.forest()
    assert root in [tree.greenlet for tree in forest]
    assert repr(hidden) not in "".join(str(tree) for tree in forest)


def test_raw_greenlets_hang_below_the_nearest_root() -> None:
    class Root(greenlets.greenlet):
        greenlet_tree_is_root = True

    def body() -> None:
        child = greenlets.greenlet(len)
        trees.append(GreenletTree.current_tree())
        assert [each.greenlet for each in trees[0].child_trees] == [child]

    trees: list[GreenletTree] = []
    root = Root(body)
    root.switch()
    assert trees[0].greenlet is root
    assert trees[0].is_current_tree
    assert trees[0].format(details=False).startswith(f"{root!r}; not running\n")


def test_the_tree_of_the_caller_comes_first() -> None:
    class Root(greenlets.greenlet):
        greenlet_tree_is_root = True

    alone = Root(len)
    forest = GreenletTree.forest()
    assert [tree.is_current_tree for tree in forest].index(True) == 0
    assert forest[-1].greenlet is alone


def test_the_hub_comes_before_what_was_spawned() -> None:
    greenlet = gevent.spawn(gevent.sleep, 1000)
    gevent.sleep(0)
    nodes = [tree.greenlet for tree in GreenletTree.current_tree().child_trees]
    assert nodes.index(gevent.get_hub()) < nodes.index(greenlet)
    greenlet.kill()


def test_the_tree_belongs_to_its_public_module() -> None:
    assert GreenletTree.__module__ == "gevent.util"


def test_details_of_which_none_is_named_are_the_usual_ones() -> None:
    tree = GreenletTree(gevent.Greenlet(int))
    assert tree.format_lines(details={}) == tree.format_lines(details=True)


# -- assert_switches ----------------------------------------------------------------


@pytest.mark.usefixtures("virtual_loop")
def test_a_block_that_switches_passes() -> None:
    with assert_switches():
        gevent.spawn(len, "").join()
    with assert_switches(hub_only=True):
        gevent.sleep(0.0001)


def test_a_block_that_does_not_switch_fails() -> None:
    with pytest.raises(AssertionError, match="To any greenlet in"), assert_switches():
        pass


def test_a_block_that_blocks_too_long_fails(clock: Clock) -> None:
    def block() -> None:
        with assert_switches(max_blocking_time=0.01):
            clock.now += 0.05
            gevent.sleep(0)

    text = r"To any greenlet in 0\.0500 seconds \(max allowed 0\.0100 seconds\)"
    with pytest.raises(AssertionError, match=text):
        block()


def test_a_quick_block_need_not_switch(clock: Clock) -> None:
    with assert_switches(max_blocking_time=0.01):
        clock.now += 0.005
    with assert_switches(max_blocking_time=0.01):
        for _ in range(5):
            clock.now += 0.005
            gevent.spawn(len, "").join()


@pytest.mark.parametrize("hub_only", [False, True])
def test_what_passes_while_nobody_runs_does_not_count(
    clock: Clock, hub_only: bool
) -> None:
    with assert_switches(max_blocking_time=0.01, hub_only=hub_only):
        gevent.get_hub().loop.run_callback(setattr, clock, "now", 1.0)
        gevent.sleep(0)


def test_only_the_hub_counts_if_asked(clock: Clock) -> None:
    def block() -> None:
        with assert_switches(max_blocking_time=0.01, hub_only=True):
            clock.now += 0.02

    with pytest.raises(AssertionError, match="To the hub in"):
        block()


def test_the_hub_has_to_be_entered_if_only_that_counts(clock: Clock) -> None:
    def block() -> None:
        with assert_switches(max_blocking_time=0.01, hub_only=True):
            pass

    with pytest.raises(AssertionError, match="To the hub in"):
        block()


def test_the_tracer_knows_who_runs() -> None:
    seen: list[object] = []

    def body() -> None:
        seen.append(outer.tracer and outer.tracer.active_greenlet)

    with assert_switches() as outer, assert_switches() as inner:
        assert outer.tracer is not None
        assert inner.tracer is not None
        assert inner.tracer.previous_trace_function is outer.tracer
        assert inner.tracer.active_greenlet is greenlets.getcurrent()
        greenlet = gevent.spawn(body)
        greenlet.join()
        assert inner.tracer.active_greenlet is greenlets.getcurrent()
    assert seen == [greenlet]


def test_a_block_that_fails_is_not_judged() -> None:
    with pytest.raises(KeyError), assert_switches():
        raise KeyError


def test_other_trace_functions_go_on() -> None:
    seen: list[str] = []

    def trace(event: str, _args: object) -> None:
        seen.append(event)

    greenlets.settrace(trace)
    try:
        with assert_switches() as context:
            assert context.hub is gevent.get_hub()
            assert context.tracer is not None
            gevent.sleep(0)
        assert context.hub is None
        assert context.tracer is None
        assert greenlets.gettrace() is trace
        assert "switch" in seen
    finally:
        greenlets.settrace(None)


def test_the_tree_has_all_threads(start_thread: Callable[..., object]) -> None:
    ready, over = threading.Event(), threading.Event()

    def body() -> None:
        mine = greenlets.greenlet(len)
        ready.set()
        over.wait(10)
        del mine

    start_thread(body)
    assert ready.wait(10)
    try:
        assert len([tree for tree in GreenletTree.forest() if tree.root]) >= 2
    finally:
        over.set()


def test_a_limit_of_nothing_asks_for_a_switch_only() -> None:
    """As the reference does: 0 is no limit that anything could keep."""
    with assert_switches(max_blocking_time=0):
        gevent.sleep(0)
    with pytest.raises(AssertionError), assert_switches(max_blocking_time=0):
        pass


@pytest.mark.parametrize("hub_only", [True, False])
def test_each_turn_counts_as_a_switch_though_nobody_else_runs(hub_only: bool) -> None:
    """A greenlet whose own wake-up was next went on without a switch."""

    def body() -> None:
        for _ in range(3):
            with assert_switches(hub_only=hub_only):
                gevent.sleep(0)

    body()
    gevent.spawn(body).get()


def test_switches_are_direct_again_after_the_block() -> None:
    loop = gevent.get_hub().loop
    with assert_switches():
        gevent.sleep(0)
        with assert_switches():
            gevent.sleep(0)
        assert loop.custom_switch
    assert not loop.custom_switch
