"""``gevent.contextvars``: PEP 567 for greenlets."""

from __future__ import annotations

import pytest

import gevent
from gevent.contextvars import Context, ContextVar, Token, copy_context

pytestmark = pytest.mark.pure


@pytest.fixture
def variable() -> ContextVar[int]:
    """A variable without default."""
    return ContextVar("variable")


def test_a_value_is_found_until_it_is_reset(variable: ContextVar[int]) -> None:
    first = variable.set(1)
    second = variable.set(2)
    assert variable.get() == 2
    assert second.old_value == 1
    variable.reset(second)
    assert variable.get() == 1
    variable.reset(first)
    with pytest.raises(LookupError):
        variable.get()


def test_defaults_are_taken_in_their_order() -> None:
    variable = ContextVar("variable", default=1)
    assert variable.get() == 1
    assert variable.get(2) == 2
    variable.set(3)
    assert variable.get(2) == 3
    assert ContextVar("none", default=None).get() is None


def test_a_greenlet_begins_with_an_empty_context(variable: ContextVar[int]) -> None:
    variable.set(1)
    assert gevent.spawn(variable.get, None).get() is None
    assert len(gevent.spawn(copy_context).get()) == 0  # type: ignore[arg-type]
    assert variable.get() == 1


def test_greenlets_do_not_see_each_others_values(variable: ContextVar[int]) -> None:
    def body(number: int) -> int:
        variable.set(number)
        gevent.sleep(0)
        return variable.get()

    greenlets = [gevent.spawn(body, number) for number in range(3)]
    assert [each.get() for each in greenlets] == [0, 1, 2]


def test_run_uses_a_context_and_leaves_it(variable: ContextVar[int]) -> None:
    variable.set(1)
    context = copy_context()
    assert context.run(variable.set, 2).old_value == 1
    assert context[variable] == 2  # type: ignore[index]
    assert variable.get() == 1
    with pytest.raises(ZeroDivisionError):
        context.run(lambda: 1 / 0)
    assert context.run(variable.get) == 2


def test_a_context_cannot_be_entered_twice() -> None:
    context = copy_context()
    with pytest.raises(RuntimeError, match="is already entered"):
        context.run(context.run, len, ())


def test_a_context_is_a_mapping_of_variables(variable: ContextVar[int]) -> None:
    context = Context()
    context.run(variable.set, 1)
    unset = ContextVar("unset", default=5)
    assert dict(context) == {variable: 1}
    assert variable in context
    assert unset not in context
    assert context.get(unset) is None
    assert context == context.copy()
    assert context != Context()
    with pytest.raises(KeyError):
        context[unset]
    for wrong in (lambda: context["x"], lambda: "x" in context):  # type: ignore[index]
        with pytest.raises(TypeError, match="ContextVar key was expected"):
            wrong()


def test_a_copy_does_not_change_with_its_source(variable: ContextVar[int]) -> None:
    variable.set(1)
    context = copy_context()
    variable.set(2)
    assert context.run(variable.get) == 1


def test_a_token_is_used_once_for_its_variable_in_its_context(
    variable: ContextVar[int],
) -> None:
    token = variable.set(1)
    with pytest.raises(ValueError, match="by a different ContextVar"):
        ContextVar("other").reset(token)
    with pytest.raises(ValueError, match="different Context"):
        copy_context().run(variable.reset, token)
    variable.reset(token)
    with pytest.raises(RuntimeError, match="already been used"):
        variable.reset(token)
    with pytest.raises(TypeError):
        variable.reset(5)  # type: ignore[arg-type]


def test_a_token_undoes_its_set_as_a_context_manager(
    variable: ContextVar[int],
) -> None:
    with variable.set(1) as token:
        assert token.var is variable
        assert token.old_value is Token.MISSING
    assert variable.get(None) is None


def test_texts_name_what_there_is() -> None:
    variable = ContextVar("a name", default="a default")
    assert "a name" in repr(variable)
    assert "a default" in repr(variable)
    token = variable.set("x")
    assert " used" not in repr(token)
    variable.reset(token)
    assert " used" in repr(token)
    assert repr(Token.MISSING) == "<default value>"


@pytest.mark.parametrize("kind", [Context, ContextVar, Token])
def test_the_classes_refuse_subclasses(kind: type) -> None:
    with pytest.raises(TypeError, match="cannot be subclassed"):
        type("Mine", (kind,), {})


def test_variables_can_be_subscripted_and_need_a_name() -> None:
    assert ContextVar[int]
    assert Token[int]
    with pytest.raises(TypeError, match="must be a str"):
        ContextVar(5)  # type: ignore[arg-type]
