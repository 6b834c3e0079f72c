"""Every signature of ``gevent.contextvars``: pinned, so that a change is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, assert_type

from gevent.contextvars import Context, ContextVar, Token, _Missing, copy_context

_P = ParamSpec("_P")
_R = TypeVar("_R")
_T = TypeVar("_T")


def context_made() -> None:
    assert_type(Context(), Context)


def context_run(
    it: Context, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs
) -> None:
    assert_type(it.run(function, *args, **kwargs), _R)


def context_copy(it: Context) -> None:
    assert_type(it.copy(), Context)


def context_length(it: Context) -> None:
    assert_type(len(it), int)


def of_copy_context() -> None:
    assert_type(copy_context(), Context)


def contextvar_name(it: ContextVar[_T]) -> None:
    assert_type(it.name, str)


def contextvar_get(it: ContextVar[_T]) -> None:
    assert_type(it.get(), _T)


def contextvar_set(it: ContextVar[_T], value: _T) -> None:
    assert_type(it.set(value), Token[_T])


def contextvar_reset(it: ContextVar[_T], token: Token[_T]) -> None:
    assert_type(it.reset(token), None)


def token_missing(it: Token[_T]) -> None:
    assert_type(it.MISSING, _Missing)


def token_made(context: Context, var: ContextVar[_T], old_value: _T | _Missing) -> None:
    assert_type(Token(context, var, old_value), Token[_T])


def token_var(it: Token[_T]) -> None:
    assert_type(it.var, ContextVar[_T])


def token_old_value(it: Token[_T]) -> None:
    assert_type(it.old_value, _T | _Missing)


def token_entered(it: Token[_T]) -> None:
    assert_type(it.__enter__(), Token[_T])
