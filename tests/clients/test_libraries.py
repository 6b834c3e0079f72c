"""Libraries of others that cooperate, or that are patched."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.clients.conftest import PROGRAMS, Client

pytestmark = [pytest.mark.clients, pytest.mark.slow]
Run = Callable[..., str]


def test_pyzmq_green(program: Run) -> None:
    assert program("zmq_green", needs="zmq").splitlines() == [
        "answered: 100",
        "in order: True",
        "timed out",
        "polled: 1",
    ]


def test_grpc_in_its_gevent_mode(program: Run) -> None:
    assert program("grpc_gevent", needs="grpc").splitlines() == [
        "unary: ['0', '1', '2', '3', '4']",
        "stream: [b'0', b'1', b'2']",
        "deadline: DEADLINE_EXCEEDED",
        "others went on: True",
    ]


def test_psycopg_and_its_pool(program: Run, postgres: str) -> None:
    assert program(
        "psycopg_patched", postgres, needs="psycopg psycopg_pool"
    ).splitlines() == [
        "together: [0, 1, 2, 3, 4]",
        "copied: 1000",
        "told: hello",
        "cancelled",
        "pool: 3 connections for 9 queries",
    ]


def test_redis(program: Run, redis: str) -> None:
    assert program("redis_patched", redis, needs="redis").splitlines() == [
        "counted: 100",
        "blocked: x",
        "heard: [0, 1, 2, 3, 4]",
        "one at a time: True",
        "after a kill: True",
    ]


def test_requests(program: Run, client: Callable[..., Client]) -> None:
    with client(PROGRAMS / "target.py", "tls", needs="requests") as target:
        target.await_text("listening")
        port = target.printed().split()[-1]
        assert program("requests_patched", port, needs="requests").splitlines() == [
            "together: [b'3 were here', b'3 were here', b'3 were here']",
            "echoed: 500000",
            "streamed: 10",
            "timed out",
            "not trusted",
            "after a kill: 200",
        ]
