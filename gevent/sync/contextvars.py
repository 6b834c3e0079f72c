"""Context variables of greenlets: PEP 567 in Python.

Kept for programs that import it. It does not replace the standard library's, which
greenlet switches itself. A new greenlet begins with an empty context.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Generic, TypeVar, cast, final, overload

from gevent._base.publish import publish
from gevent.sync.local import local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import ParamSpec, Self

    _P = ParamSpec("_P")
    _R = TypeVar("_R")
    _D = TypeVar("_D")

__all__ = ("Context", "ContextVar", "Token", "copy_context")
__implements__: list[str] = ["Context", "ContextVar", "Token", "copy_context"]

_T = TypeVar("_T")


class _Missing:
    """Stands for "was not set"."""

    def __repr__(self) -> str:
        return "<default value>"


_MISSING = _Missing()
_NOT_GIVEN = cast("object", _Missing())


def _refuse_subclass(cls: type[object]) -> None:
    """These classes are sealed, as the standard library's are."""
    raise TypeError(f"type {cls.__bases__[0].__name__!r} cannot be subclassed")


@final
class Context(Mapping["ContextVar[object]", object]):
    """A mapping of variables to values.

    Invariant: ``_values`` is replaced, never changed, so that copies share it.
    """

    def __init_subclass__(cls) -> None:
        _refuse_subclass(cls)

    def __init__(self) -> None:
        self._values: dict[ContextVar[object], object] = {}
        self._is_entered = False

    def run(
        self, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        """Call a function with this context as the current greenlet's.

        Raises:
            RuntimeError: The context is entered already.
        """
        if self._is_entered:
            raise RuntimeError(f"cannot enter context: {self!r} is already entered")
        outer = _current()
        self._is_entered = True
        _of_greenlet.context = self
        try:
            return function(*args, **kwargs)
        finally:
            _of_greenlet.context = outer
            self._is_entered = False

    def copy(self) -> Context:
        """Return a context with the same values."""
        made = Context()
        made._values = self._values
        return made

    def __getitem__(self, key: ContextVar[_T]) -> _T:
        _demand_variable(key)
        return cast("_T", self._values[cast("ContextVar[object]", key)])

    def __contains__(self, key: object) -> bool:
        _demand_variable(key)
        return key in self._values

    def __iter__(self) -> Iterator[ContextVar[object]]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Context):
            return NotImplemented
        return self._values == other._values

    __hash__ = None  # type: ignore[assignment]  # it changes


def _demand_variable(key: object) -> None:
    if not isinstance(key, ContextVar):
        raise TypeError(f"a ContextVar key was expected, got {key!r}")


class _OfGreenlet(local):
    """What a greenlet has."""

    context: Context | None = None


_of_greenlet = _OfGreenlet()


def _current() -> Context:
    """Return the current greenlet's context, made on first use."""
    context = _of_greenlet.context
    if context is None:
        context = _of_greenlet.context = Context()
        context._is_entered = True
    return context


def copy_context() -> Context:
    """Return a copy of the current greenlet's context."""
    return _current().copy()


@final
class ContextVar(Generic[_T]):
    """A variable whose value depends on the context.

    Args:
        name: For people.
        default: What :meth:`get` returns while it is not set.

    Raises:
        TypeError: *name* is no text.
    """

    def __init_subclass__(cls) -> None:
        _refuse_subclass(cls)

    def __init__(self, name: str, default: _T | object = _NOT_GIVEN):
        if not isinstance(name, str):
            raise TypeError("context variable name must be a str")
        self._name = name
        self._default = default

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    def __repr__(self) -> str:
        default = "" if self._default is _NOT_GIVEN else f" default={self._default!r}"
        return f"<ContextVar name={self._name!r}{default} at 0x{id(self):x}>"

    if TYPE_CHECKING:

        @overload
        def get(self) -> _T: ...
        @overload
        def get(self, default: _D) -> _T | _D: ...

    def get(self, default: object = _NOT_GIVEN) -> object:
        """Return the value in the current context.

        Args:
            default: What to return while it is not set; else its own default.

        Raises:
            LookupError: It is not set, and there is no default.
        """
        values = _current()._values
        value = values.get(cast("ContextVar[object]", self), _MISSING)
        if value is not _MISSING:
            return value
        if default is not _NOT_GIVEN:
            return default
        if self._default is not _NOT_GIVEN:
            return self._default
        raise LookupError(self)

    def set(self, value: _T) -> Token[_T]:
        """Give it a value in the current context.

        Returns:
            What :meth:`reset` undoes this with.
        """
        context = _current()
        key = cast("ContextVar[object]", self)
        before = context._values.get(key, _MISSING)
        context._values = {**context._values, key: value}
        return Token(context, self, before)

    def reset(self, token: Token[_T]) -> None:
        """Undo a :meth:`set`.

        Raises:
            TypeError: *token* is none.
            RuntimeError: The token was used before.
            ValueError: It is of another variable, or another context.
        """
        if not isinstance(token, Token):
            raise TypeError(f"expected an instance of Token, got {token!r}")
        if token._is_used:
            raise RuntimeError(f"{token!r} has already been used once")
        if token._var is not self:
            raise ValueError(f"{token!r} was created by a different ContextVar")
        context = _current()
        if token._context is not context:
            raise ValueError(f"{token!r} was created in a different Context")
        token._is_used = True
        key = cast("ContextVar[object]", self)
        values = dict(context._values)
        values.pop(key, None)
        if token._old_value is not _MISSING:
            values[key] = token._old_value
        context._values = values


@final
class Token(Generic[_T]):
    """What a ``set`` did; a context manager that undoes it.

    Args:
        context: Where.
        var: To what.
        old_value: What was there; :attr:`MISSING` for nothing.
    """

    #: Stands for "was not set".
    MISSING = _MISSING

    def __init_subclass__(cls) -> None:
        _refuse_subclass(cls)

    def __init__(self, context: Context, var: ContextVar[_T], old_value: object):
        self._context = context
        self._var = var
        self._old_value = old_value
        self._is_used = False

    @property
    def var(self) -> ContextVar[_T]:
        """The variable."""
        return self._var

    @property
    def old_value(self) -> object:
        """What it was before; ``MISSING`` if it was not set."""
        return self._old_value

    def __repr__(self) -> str:
        used = " used" if self._is_used else ""
        return f"<Token{used} var={self._var!r} at 0x{id(self):x}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._var.reset(self)


publish(__name__, "gevent.contextvars")
