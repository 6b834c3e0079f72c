"""The life of a connection: what can happen in which state."""

from __future__ import annotations

import itertools

import pytest

from gevent.servers.http.connection import LIFE, STATES, Connection, rules_of

EVENTS = sorted({event for _, event in LIFE})
PAIRS = list(itertools.product(STATES, EVENTS))


@pytest.fixture
def connection_in():
    """Give a function that makes a connection in a state."""

    def make(state):
        connection = Connection(rules_of(None), None, None)
        connection.state = state
        return connection

    return make


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_event_leads_where_the_table_says_or_is_a_fault(connection_in, state, event):
    connection = connection_in(state)
    if (state, event) in LIFE:
        assert connection.on(event) == connection.state == LIFE[state, event]
        return
    with pytest.raises(AssertionError, match="is impossible for a connection in"):
        connection.on(event)
    assert connection.state == state


def test_every_state_can_be_reached():
    reached = {"NEW"}
    for _ in STATES:
        reached |= {after for (before, _), after in LIFE.items() if before in reached}
    assert reached == set(STATES)


def test_every_connection_can_end():
    assert all(LIFE[state, "over"] == "CLOSED" for state in STATES)
