"""What modules need of ``typing`` when they run, which is next to nothing.

``typing`` imports ``re`` and would be a third of ``import gevent``. Type checkers see
the real names; at run time a protocol is a plain class, and a record (a
``NamedTuple``) is made here, without code that is generated and compiled for each.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
    from typing import Protocol as Protocol
    from typing import cast as cast
else:
    Protocol = object

    def cast(_type: object, value: object) -> object:
        """Return the value."""
        return value

    class _WithoutSlots(type):
        """Makes classes whose instances have no namespace of their own."""

        def __new__(
            mcs, name: str, bases: tuple[type, ...], namespace: dict[str, object]
        ) -> type:
            namespace.setdefault("__slots__", ())
            return type.__new__(mcs, name, bases, namespace)

    class NamedTuple(tuple, metaclass=_WithoutSlots):
        """A tuple whose items have names: those that a subclass annotates.

        No field has a default. What ``collections.namedtuple`` offers beside is there.
        """

        __slots__ = ()
        _fields: tuple[str, ...] = ()
        _field_defaults: dict[str, object] = {}

        def __init_subclass__(cls) -> None:
            cls._fields = cls.__match_args__ = tuple(cls.__annotations__)
            for place, name in enumerate(cls._fields):
                setattr(cls, name, _item(place))

        def __new__(_cls, *values: object, **named: object) -> NamedTuple:
            if named:
                names = _cls._fields[len(values) :]
                values += tuple(named.pop(name) for name in names if name in named)
            if named or len(values) != len(_cls._fields):
                raise TypeError(
                    f"{_cls.__name__}() takes {', '.join(_cls._fields)}, each once"
                )
            return tuple.__new__(_cls, values)

        @classmethod
        def _make(cls, iterable: object) -> NamedTuple:
            return cls(*iterable)

        def _asdict(self) -> dict[str, object]:
            return dict(zip(self._fields, self, strict=True))

        def _replace(self, **named: object) -> NamedTuple:
            values = self._make(map(named.pop, self._fields, self))
            if named:
                raise ValueError(f"Got unexpected field names: {list(named)!r}")
            return values

        def __repr__(self) -> str:
            shown = ", ".join(f"{k}={v!r}" for k, v in self._asdict().items())
            return f"{type(self).__name__}({shown})"

        def __getnewargs__(self) -> tuple[object, ...]:
            return tuple(self)

    def _item(place: int) -> property:
        return property(lambda self: self[place], doc=f"Alias for field number {place}")


__all__ = ("TYPE_CHECKING", "NamedTuple", "Protocol", "cast")
