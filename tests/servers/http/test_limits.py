"""Limits and time-outs: defaults, and what may be given."""

from __future__ import annotations

import dataclasses
import math

import pytest

from gevent.servers.http.limits import (
    RELAXATIONS,
    Limits,
    Timeouts,
    checked_relaxations,
)


@pytest.fixture(autouse=True)
def _nothing_stays_behind() -> None:
    """Nothing here comes near the hub."""


def names(kind: type) -> list[str]:
    return [field.name for field in dataclasses.fields(kind)]


UNLIMITED = ("body", "connections", "per_address")


def test_the_default_limits() -> None:
    assert dataclasses.asdict(Limits()) == {
        "request_line": 8192,
        "head": 65536,
        "fields": 100,
        "body": 1073741824,
        "extensions": 16384,
        "trailers": 8192,
        "trailer_fields": 32,
        "drain": 65536,
        "connections": None,
        "per_address": None,
        "pending_heads": 67108864,
        "websocket_message": 1048576,
        "streams": 100,
        "resets": 200,
        "control_frames": 1000,
        "stream_requests": 10000,
    }


def test_the_default_timeouts() -> None:
    assert dataclasses.asdict(Timeouts()) == {
        "handshake": 10,
        "head": 30,
        "idle": 75,
        "body": 30,
        "write": 30,
        "rate": 256,
        "linger": 2,
        "stop": 30,
        "websocket_ping": 20,
    }


@pytest.mark.parametrize("kind", [Limits, Timeouts])
def test_nothing_is_changed_later(kind: type) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        kind().head = 1


@pytest.mark.parametrize("kind", [Limits, Timeouts])
def test_all_is_given_by_name(kind: type) -> None:
    with pytest.raises(TypeError):
        kind(1)


@pytest.mark.parametrize("name", names(Limits))
@pytest.mark.parametrize("value", [1.0, "1", True, b"1"])
def test_a_limit_is_an_integer(name: str, value: object) -> None:
    with pytest.raises(TypeError, match=name):
        Limits(**{name: value})


@pytest.mark.parametrize("name", names(Limits))
@pytest.mark.parametrize("value", [-1, 2**63])
def test_a_limit_is_in_its_range(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=name):
        Limits(**{name: value})


@pytest.mark.parametrize("name", ["request_line", "head", "fields"])
def test_a_limit_that_lets_nothing_pass_is_none(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Limits(**{name: 0})


@pytest.mark.parametrize("name", ["body", "extensions", "trailers", "drain"])
def test_what_nobody_needs_can_be_forbidden(name: str) -> None:
    assert getattr(Limits(**{name: 0}), name) == 0


@pytest.mark.parametrize("name", UNLIMITED)
def test_some_things_can_be_without_a_limit(name: str) -> None:
    assert getattr(Limits(**{name: None}), name) is None


@pytest.mark.parametrize(
    "name", [name for name in names(Limits) if name not in UNLIMITED]
)
def test_other_things_cannot(name: str) -> None:
    with pytest.raises(TypeError, match=name):
        Limits(**{name: None})


@pytest.mark.parametrize("name", names(Timeouts))
@pytest.mark.parametrize("value", [None, 0, 0.0])
def test_no_timeout_is_none(name: str, value: float | None) -> None:
    assert getattr(Timeouts(**{name: value}), name) is None


@pytest.mark.parametrize("name", names(Timeouts))
def test_a_timeout_is_any_number(name: str) -> None:
    assert getattr(Timeouts(**{name: 0.25}), name) == 0.25


@pytest.mark.parametrize("name", names(Timeouts))
@pytest.mark.parametrize("value", ["1", True, object()])
def test_a_timeout_is_nothing_else(name: str, value: object) -> None:
    with pytest.raises(TypeError, match=name):
        Timeouts(**{name: value})


@pytest.mark.parametrize("name", names(Timeouts))
@pytest.mark.parametrize("value", [-1, math.inf, math.nan])
def test_a_timeout_is_finite(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        Timeouts(**{name: value})


def test_relaxations_are_a_set_of_known_names() -> None:
    assert checked_relaxations(()) == frozenset()
    assert checked_relaxations(["nul", "nul"]) == {"nul"}
    assert checked_relaxations(iter(RELAXATIONS)) == RELAXATIONS


def test_an_unknown_relaxation_is_an_error() -> None:
    with pytest.raises(ValueError, match="'chunks'; there are: bare_lf, connect"):
        checked_relaxations(["nul", "chunks"])


@pytest.mark.parametrize("relax", ["nul", [1], 1])
def test_relaxations_are_names_in_a_collection(relax: object) -> None:
    with pytest.raises(TypeError):
        checked_relaxations(relax)
