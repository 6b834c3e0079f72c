"""pdb stays in the greenlet that it stopped in."""

from __future__ import annotations

import pytest

from tests.tracing.conftest import Program

pytestmark = pytest.mark.pure

PROGRAM = """
import gevent

def other():
    for _ in range(20):
        gevent.sleep(0)

def inner(name):
    gevent.sleep(0)
    return name + "!"

def body(name):
    breakpoint()
    first = name
    gevent.sleep(0.001)
    second = inner(first)
    gevent.sleep(0)
    return second

def main():
    greenlets = [gevent.spawn(other) for _ in range(3)]
    greenlets.append(gevent.spawn(body, "one"))
    greenlets += [gevent.spawn(other) for _ in range(3)]
    gevent.joinall(greenlets)
    print("value", greenlets[3].value)

main()
"""


def stops(printed: str) -> list[str]:
    """Return the functions that it said it was in, one for each stop."""
    return [
        line.rpartition(")")[0].rpartition(")")[2].partition("(")[0]
        for line in printed.splitlines()
        if "program.py(" in line and line.lstrip("(Pdb) ").startswith("> ")
    ]


def test_next_steps_over_a_sleep_and_stays_in_the_greenlet(program: Program) -> None:
    commands = ["next"] * 4 + ["p first, second", "where", "continue"]
    printed = program(PROGRAM, stdin="\n".join(commands) + "\n")
    assert "('one', 'one!')" in printed
    assert "value one!" in printed
    assert "other" not in printed
    # `where` shows the frames of the greenlet only.
    assert "main()" not in printed


def test_return_out_of_a_function_that_sleeps_stays_in_it(program: Program) -> None:
    commands = ["break inner", "continue", "return", "up", "p name, first", "continue"]
    printed = program(PROGRAM, stdin="\n".join(commands) + "\n")
    assert "->'one!'" in printed
    assert "('one', 'one')" in printed
    assert "value one!" in printed


def test_a_breakpoint_stops_each_greenlet_once(program: Program) -> None:
    printed = program(
        """
        import gevent

        def body(name):
            gevent.sleep(0)
            breakpoint()
            gevent.sleep(0)
            return name

        greenlets = [gevent.spawn(body, name) for name in "ab"]
        gevent.joinall(greenlets)
        print([each.value for each in greenlets])
        """,
        stdin="p 'in', name\ncontinue\n" * 2,
    )
    assert printed.index("('in', 'a')") < printed.index("('in', 'b')")
    assert "['a', 'b']" in printed
