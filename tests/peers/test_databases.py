"""Database servers, driven by clients on gevent's sockets."""

from __future__ import annotations

import pytest

import gevent
from tests.peers.postgres import Failure, Postgres
from tests.peers.redis import Redis

pytestmark = pytest.mark.peers


# -- Redis ----------------------------------------------------------------------------


def test_redis_answers_thousands_of_questions_at_once(redis: Redis) -> None:
    n_questions = 20_000
    sending = gevent.spawn(
        lambda: [redis.send("ECHO", i) for i in range(n_questions)],
    )
    answers = [redis.reply() for _ in range(n_questions)]
    assert answers == [b"%d" % i for i in range(n_questions)]
    sending.get()


def test_redis_gives_back_megabytes(redis: Redis) -> None:
    value = bytes(range(256)) * 40_000
    assert redis.ask("SET", "large", value) == "OK"
    assert redis.ask("GET", "large") == value


def test_greenlets_wait_for_what_others_push(redis: Redis) -> None:
    def take(key: str) -> object:
        with redis.again() as own:
            return own.ask("BLPOP", key, 0)

    waiting = [gevent.spawn(take, f"list-{i}") for i in range(50)]
    while redis.ask("INFO", "clients").count(b"blocked_clients:50") == 0:  # type: ignore[attr-defined]
        gevent.sleep(0)
    for i in range(50):
        redis.ask("LPUSH", f"list-{i}", i)
    assert [each.get()[1] for each in waiting] == [b"%d" % i for i in range(50)]


def test_who_is_killed_while_it_waits_takes_nothing(redis: Redis) -> None:
    with redis.again() as other:
        waiting = gevent.spawn(other.ask, "BLPOP", "key", 0)
        while redis.ask("INFO", "clients").count(b"blocked_clients:1") == 0:  # type: ignore[attr-defined]
            gevent.sleep(0)
        waiting.kill()
        redis.ask("LPUSH", "key", "value")
        assert other.reply() == [b"key", b"value"]


def test_a_connection_that_the_server_ends_is_at_its_end(redis: Redis) -> None:
    with redis.again() as other:
        number = other.ask("CLIENT", "ID")
        reading = gevent.spawn(pytest.raises, EOFError, other.reply)
        gevent.sleep(0)
        assert redis.ask("CLIENT", "KILL", "ID", number) == 1
        reading.get()


# -- PostgreSQL -----------------------------------------------------------------------


def test_postgres_answers(postgres: Postgres) -> None:
    assert postgres.ask("SELECT generate_series(1, 3)") == [b"1", b"2", b"3"]
    with pytest.raises(Failure, match="does not exist"):
        postgres.ask("SELECT * FROM nowhere")
    assert postgres.ask("SELECT 1") == [b"1"]


def test_postgres_copies_many_rows_out(postgres: Postgres) -> None:
    rows = postgres.ask(
        "COPY (SELECT i, repeat('x', 100) FROM generate_series(1, 100000) i) TO STDOUT"
    )
    assert len(rows) == 100_000
    assert rows[-1] == b"100000\t" + b"x" * 100 + b"\n"


def test_a_query_waits_for_the_lock_of_another_greenlet(postgres: Postgres) -> None:
    postgres.ask("SELECT pg_advisory_lock(1)")
    with postgres.again() as other:
        waiting = gevent.spawn(other.ask, "SELECT pg_advisory_lock(1)")
        while not postgres.ask("SELECT 1 FROM pg_locks WHERE NOT granted"):
            gevent.sleep(0)
        assert not waiting.ready()
        postgres.ask("SELECT pg_advisory_unlock(1)")
        assert waiting.get() == [b""]


def test_a_query_is_cancelled_by_another_connection(postgres: Postgres) -> None:
    asking = gevent.spawn(pytest.raises, Failure, postgres.ask, "SELECT pg_sleep(600)")
    with postgres.again() as other:
        while not other.ask(
            "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'"
            " AND state = 'active'"
        ):
            gevent.sleep(0)
    postgres.cancel()
    assert "canceling statement" in str(asking.get().value)
    assert postgres.ask("SELECT 1") == [b"1"]


def test_notices_come_while_nothing_is_asked(postgres: Postgres) -> None:
    postgres.ask("LISTEN news")
    waiting = gevent.spawn(postgres.await_notice)
    with postgres.again() as other:
        other.ask("NOTIFY news")
    assert waiting.get() == b"news"
