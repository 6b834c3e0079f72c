"""Programs about ``gevent.util``."""

from __future__ import annotations

import io
import re
import sys
import threading

from differential import each

import gevent
from gevent import util
from gevent.local import local

MODULE = "gevent.util"


def outline(lines):
    """What lines of a report say, without frames and numbers."""
    found = []
    for line in lines:
        for part in line.split("\n"):
            if 'File "' in part or not part.strip():
                continue
            text = re.sub(r"0x[0-9a-f]+", "0x", part)
            text = re.sub(r"\d{4,}", "N", text)
            found.append(text.rstrip())
    return found


def headings(lines):
    """The lines of a report that name a greenlet or a section."""
    return [line for line in outline(lines) if line.startswith(("***", "|", "+---"))]


def waits(event):
    event.wait()


def nothing_runs(case):
    lines = case.named_call("kind", lambda: type(util.format_run_info()))
    del lines
    case.show("outline", headings(util.format_run_info()))


@each({}, {"thread_stacks": False}, {"greenlet_stacks": False}, {"limit": 1},
      {"thread_stacks": False, "greenlet_stacks": False},
      {"current_thread_ident": None}, {"nosuch": 1}, {"limit": "x"})  # fmt: skip
def format_run_info(case, options):
    greenlet = gevent.spawn(waits, gevent.event.Event())
    gevent.sleep(0)
    try:
        lines = util.format_run_info(**options)
    except Exception as error:
        case.show("error", type(error))
        return
    text = "\n".join(outline(lines))
    for word in (
        "Threads",
        "Greenlets",
        "Parent:",
        "Spawned at:",
        "waits",
        "Thread 0x",
    ):
        case.show(word, word in text)
    case.show("frames", any('File "' in line for line in lines))
    greenlet.kill()


def positional(case):
    case.named_call("three", lambda: type(util.format_run_info(True, True, None)))
    case.call(util.format_run_info, 1, 2, 3, 4, 5, 6)
    case.call(util.print_run_info, 1, 2, 3, 4, 5, 6)


def print_run_info(case):
    out = io.StringIO()
    case.call(util.print_run_info, file=out)
    case.show("Greenlets", "Greenlets" in out.getvalue())
    case.show("ends", out.getvalue().endswith("\n"))
    case.call(util.print_run_info, True, False, 3, file=out)
    case.call(util.print_run_info, file=object())


def to_standard_error(case):
    kept, sys.stderr = sys.stderr, io.StringIO()
    try:
        case.call(util.print_run_info)
        case.show("written", bool(sys.stderr.getvalue()))
    finally:
        sys.stderr = kept


def in_a_report(case):
    def inner():
        gevent.sleep(10)

    parent = gevent.spawn(lambda: gevent.spawn(inner).join())
    parent.name = "the parent"
    gevent.sleep(0)
    gevent.sleep(0)
    text = "\n".join(outline(util.format_run_info(thread_stacks=False)))
    for word in ("the parent", "inner", "lambda", "Hub", "MAIN", "finished"):
        case.show(word, word in text)
    parent.kill()


def spawn_tree_locals(case):
    greenlet = gevent.spawn(gevent.sleep, 10)
    greenlet.spawn_tree_locals["key"] = "value"
    data = local()
    data.name = "in a local"
    gevent.sleep(0)
    text = "\n".join(outline(util.format_run_info(thread_stacks=False)))
    for word in (
        "Spawn Tree Locals",
        "'key': 'value'",
        "Greenlet Locals",
        "in a local",
    ):
        case.show(word, word in text)
    greenlet.kill()


def a_finished_greenlet(case):
    greenlet = gevent.spawn(len, "")
    greenlet.join()
    failed = gevent.spawn(len)
    failed.join()
    tree = util.GreenletTree(greenlet)
    case.show("finished", outline(tree.format_lines())[:1])
    case.show("failed", outline(util.GreenletTree(failed).format_lines())[:1])


def trees(case):
    tree = util.GreenletTree.current_tree()
    case.show("kind", type(tree))
    case.show("root", tree.greenlet is gevent.getcurrent())
    case.show("children", len(tree.child_trees))
    case.show("is root", tree.is_root)
    forest = list(util.GreenletTree.forest())
    case.show("forest", len(forest))
    case.show("kinds", [type(each) for each in forest])


def a_tree_of_three(case):
    def child():
        gevent.sleep(10)

    def parent():
        gevent.spawn(child)
        gevent.spawn(child)
        gevent.sleep(10)

    top = gevent.spawn(parent)
    gevent.sleep(0)
    gevent.sleep(0)
    tree = util.GreenletTree.current_tree()
    case.show("children", len(tree.child_trees))
    case.show("theirs", [len(each.child_trees) for each in tree.child_trees])
    case.show("sizes", sorted(map(count, [tree])))
    lines = util.GreenletTree.current_tree().format_lines()
    case.show(
        "shape",
        [line[: len(line) - len(line.lstrip(" |+-"))] for line in outline(lines)][:4],
    )
    case.show("text", tree.format() == str(tree))
    case.show("repr", repr(tree)[:20])
    gevent.killall([top])


def count(tree):
    return 1 + sum(map(count, tree.child_trees))


@each({"details": False}, {"details": True}, {"details": {"running_stacks": False}},
      {"details": {"nosuch": 1}}, {"nosuch": 1})  # fmt: skip
def tree_details(case, options):
    tree = util.GreenletTree.current_tree()
    case.named_call("lines", lambda: bool(tree.format_lines(**options)))
    case.named_call("text", lambda: bool(tree.format(**options)))


def no_tree(case):
    case.call(util.GreenletTree)
    case.named_call(
        "of nothing", lambda: outline(util.GreenletTree(None).format_lines())
    )
    case.call(util.GreenletTree(gevent.getcurrent()).add_child, None)


def tracking_is_off(case):
    gevent.config.track_greenlet_tree = False
    greenlet = gevent.spawn(gevent.sleep, 1)
    case.attributes(greenlet, "spawning_greenlet", "spawning_stack")
    case.show("children", len(util.GreenletTree.current_tree().child_trees))
    greenlet.kill()


def a_greenlet_of_another_thread(case):
    done = threading.Event()
    ready = threading.Event()

    def thread():
        gevent.spawn(ready.set)
        gevent.sleep(0.01)
        done.wait()

    other = gevent.get_hub().threadpool.spawn(thread)
    while not ready.is_set():
        gevent.sleep(0.001)
    case.show("forest", len(list(util.GreenletTree.forest())) >= 1)
    done.set()
    other.get()


@each((ValueError,), ((ValueError, TypeError),), (Exception,))
def wrap_errors(case, errors):
    def fails(kind):
        raise kind("text")

    wrapped = util.wrap_errors(errors[0], fails)
    case.call(wrapped, ValueError)
    case.call(wrapped, KeyError)
    case.call(util.wrap_errors(errors[0], len), "abc")
    case.show("name", wrapped.__name__)
    case.named_call("text", lambda: re.sub("0x[0-9a-f]+", "0x", repr(wrapped)))
    case.attributes(wrapped, "func")


def wrap_errors_oddly(case):
    case.call(util.wrap_errors, ValueError)
    case.call(util.wrap_errors, None, len)
    case.call(util.wrap_errors(None, len), "abc")
    case.call(util.wrap_errors(ValueError, None))


def clear_stack_frames(case):
    try:
        raise ValueError
    except ValueError as error:
        frame = error.__traceback__.tb_frame
    case.call(util.clear_stack_frames, frame)
    case.call(util.clear_stack_frames, None)


def switches(case):
    with util.assert_switches():
        gevent.sleep(0)
    case.named_call("no switch", block, lambda: None)
    case.named_call("sleep", block, gevent.sleep)
    case.named_call("raises", block, lambda: 1 / 0)


def block(function, **options):
    """Say whether a block was found to have switched; what else comes out is raised."""
    try:
        with util.assert_switches(**options):
            function()
    except AssertionError as error:
        # What follows describes stacks.
        return str(error).split(" in ")[0]
    return "switched"


@each({"max_blocking_time": 10}, {"max_blocking_time": 0}, {"hub_only": True},
      {"max_blocking_time": 10, "hub_only": True}, {"max_blocking_time": -1},
      {"max_blocking_time": "x"}, {"nosuch": 1})  # fmt: skip
def switches_with(case, options):
    case.named_call("sleep", block, gevent.sleep, **options)
    case.named_call("nothing", block, int, **options)


def switches_as_a_decorator(case):
    @util.assert_switches()
    def sleeps():
        gevent.sleep(0)
        return 1

    @util.assert_switches(hub_only=True)
    def does_not():
        return 2

    case.call(sleeps)
    case.call(does_not)
    case.show("name", sleeps.__name__)


def the_error_of_no_switch(case):
    try:
        with util.assert_switches():
            pass
    except AssertionError as error:
        case.show("kind", type(error))
        case.show("bases", [each.__name__ for each in type(error).__mro__])
        case.show("text", str(error).split(" in ")[0])
    try:
        with util.assert_switches(max_blocking_time=0):
            gevent.sleep(0.002)
    except AssertionError as error:
        case.show("late", type(error).__name__)


def nested(case):
    with util.assert_switches(), util.assert_switches():
        gevent.sleep(0)
    case.named_call("inner only", nested_block)


def nested_block():
    with util.assert_switches():
        gevent.sleep(0)
        return block(int)


def a_tracer_of_the_program(case):
    import greenlet

    got = []
    greenlet.settrace(lambda *args: got.append(args[0]))
    with util.assert_switches():
        gevent.sleep(0)
    case.show("called", bool(got))
    case.show("kept", greenlet.gettrace() is not None)
    greenlet.settrace(None)
