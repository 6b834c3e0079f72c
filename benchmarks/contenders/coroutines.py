"""What the contenders that are written with ``async`` and ``await`` share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from measuring import (
    MESSAGE,
    N_CONNECTIONS,
    PIECE,
    REPLY,
    REQUEST,
    Case,
    perf_counter,
    run,
)

AsyncCase = Callable[[int], Awaitable[float]]
# (how many round trips in all, on how many connections, what is sent) -> seconds
Exchange = Callable[[int, int, bytes], Awaitable[float]]


async def nothing(*_: object) -> None:
    """Be a task."""


def free_lock(
    make_lock: Callable[[], AbstractAsyncContextManager[object]],
) -> AsyncCase:
    """Return the case of a lock that nobody else wants."""

    async def case(loops: int) -> float:
        lock = make_lock()
        start = perf_counter()
        for _ in range(loops):
            async with lock:
                pass
        return perf_counter() - start

    return case


def exchanges(echo: Exchange, http: Exchange) -> dict[str, AsyncCase]:
    """Return the cases in which a client asks and a server answers.

    Args:
        echo: With a server that sends back what it gets.
        http: With one that looks for the end of each head and sends ``REPLY``: no
            server of the world does less.
    """
    return {
        "net.echo": lambda loops: echo(loops, 1, MESSAGE),
        "net.echo_100_connections": lambda loops: echo(loops, N_CONNECTIONS, MESSAGE),
        "net.echo_64K": lambda loops: echo(loops, 1, PIECE),
        "http.keep_alive": lambda loops: http(loops, 1, REQUEST),
        "http.keep_alive_100_connections": lambda loops: http(
            loops, N_CONNECTIONS, REQUEST
        ),
    }


class Heads:
    """The part of an HTTP server that all of them need: where a request ends."""

    def __init__(self) -> None:
        self._left = b""

    def replies_to(self, data: bytes) -> bytes:
        """Return the replies to the requests that *data* completes."""
        *heads, self._left = (self._left + data).split(b"\r\n\r\n")
        return REPLY * len(heads)


def run_cases(
    cases: dict[str, AsyncCase], on_a_loop: Callable[[AsyncCase, int], float]
) -> None:
    """Run the case that the command line names.

    Args:
        cases: All that there are.
        on_a_loop: Runs a case on a new loop.
    """

    def on_loops(case: AsyncCase) -> Case:
        return lambda loops: on_a_loop(case, loops)

    run({name: on_loops(case) for name, case in cases.items()})
