"""Records are named tuples, without the module that makes these."""

from __future__ import annotations

import pickle

import pytest

from gevent._base.checking import NamedTuple


class Point(NamedTuple):
    """One."""

    x: int
    y: int


def test_a_record_is_a_tuple_with_names() -> None:
    point = Point(1, y=2)
    assert point == (1, 2)
    assert (point.x, point.y) == (1, 2)
    assert repr(point) == "Point(x=1, y=2)"
    assert Point._fields == Point.__match_args__ == ("x", "y")


def test_a_record_is_copied_with_changes() -> None:
    assert Point(1, 2)._replace(y=3) == Point(1, 3)
    assert Point._make([1, 2])._asdict() == {"x": 1, "y": 2}
    with pytest.raises(ValueError, match="z"):
        Point(1, 2)._replace(z=3)  # type: ignore[call-arg]  # the fault


@pytest.mark.parametrize(
    ("values", "named"), [((1,), {}), ((1, 2, 3), {}), ((1, 2), {"x": 1}), ((), {})]
)
def test_a_record_takes_each_value_once(
    values: tuple[int, ...], named: dict[str, int]
) -> None:
    with pytest.raises(TypeError, match="x, y"):
        Point(*values, **named)


def test_a_record_is_pickled() -> None:
    assert pickle.loads(pickle.dumps(Point(1, 2))) == Point(1, 2)
