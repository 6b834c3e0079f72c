"""``local``: an object whose attributes each greenlet sees on its own.

The plain-Python twin of ``local.pyx``. The instance dict is that of one greenlet, the
last that touched the object; when another one comes, its dict is put there. A
greenlet's dict goes when the greenlet ends, told by a link, or at the latest with it,
told by a weak reference.

LOCAL4 of ``local.pyx`` does not hold here, where every line is Python code: a native
thread that touches the same object may put its dict there between the two lines of a
look-up.
"""

from __future__ import annotations

import weakref

from greenlet import getcurrent

from gevent._base.checking import TYPE_CHECKING
from gevent._base.publish import publish
from gevent._base.signatures import Signed
from gevent._hub.greenlet import Greenlet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn, Self

    from greenlet import greenlet

__all__ = ("local",)


class Share:
    """What one greenlet has of one :class:`local`, and what ends that."""

    __slots__ = ("__weakref__", "key", "owner", "target", "values")

    def __init__(self, owner: State, current: greenlet):
        self.owner = weakref.ref(owner)
        self.key = id(current)
        self.values: dict[str, object] = {}
        # Also of a Greenlet: when its hub has gone, nobody calls its links.
        self.target: weakref.ref[greenlet] | None = weakref.ref(current, self)
        if isinstance(current, Greenlet):
            current.rawlink(self)

    def __call__(self, source: object) -> None:
        """The greenlet has ended (*source*: it, or the weak reference to it)."""
        owner = self.owner()
        if owner is not None:
            owner.drop(self)

    def is_of(self, current: greenlet) -> bool:
        """Whether it is not one of a greenlet that is gone, which had this number.

        PyPy may tell of the end later.
        """
        return self.target is not None and self.target() is current

    def unwatch(self) -> None:
        """Have no part in the greenlet's end any more; ends the cycle of that."""
        current = None if self.target is None else self.target()
        self.target = None
        if isinstance(current, Greenlet):
            current.unlink(self)


class State:
    """Everything about one :class:`local` that is not an attribute of it."""

    __slots__ = ("__weakref__", "args", "entered", "kwargs", "shares")

    def __init__(self, args: tuple[object, ...], kwargs: Mapping[str, object]):
        self.args = args
        self.kwargs = kwargs
        self.entered: Share | None = None
        self.shares: dict[int, Share] = {}

    def __del__(self) -> None:
        for share in self.shares.values():
            share.unwatch()

    def drop(self, share: Share) -> None:
        """A greenlet has ended."""
        if self.entered is share:
            self.entered = None
        if self.shares.get(share.key) is share:
            del self.shares[share.key]
        # It may still be in place, until the next greenlet comes.
        share.values.clear()
        share.unwatch()


class local:
    """An object with greenlet-local attributes.

    Subclasses may define ``__init__``: it runs again, with the same arguments, when
    another greenlet touches the object for the first time. Their class attributes,
    descriptors and ``__slots__`` are shared between greenlets.

    Args:
        args: For ``__init__`` of a subclass.
        kwargs: For ``__init__`` of a subclass.

    Raises:
        TypeError: There are arguments and no ``__init__`` that takes them.

    Thread safety:
        From any thread; greenlets of different threads are different greenlets.
    """

    __signature__ = Signed("*args, **kwargs")

    __slots__ = ("__dict__", "__weakref__", "_greenlet_local_state")

    _greenlet_local_state: State

    def __new__(cls, *args: object, **kwargs: object) -> Self:
        """Make the object and the current greenlet's part of it."""
        if (args or kwargs) and cls.__init__ is object.__init__:
            raise TypeError("Initialization arguments are not supported", args, kwargs)
        self = object.__new__(cls)
        state = State(args, kwargs)
        object.__setattr__(self, "_greenlet_local_state", state)
        _adopt_current(self, state)
        return self

    def __getattribute__(self, name: str) -> object:
        _enter(self)
        return object.__getattribute__(self, name)

    def __setattr__(self, name: str, value: object) -> None:
        if name == "__dict__":
            _refuse_dict(self)
        _enter(self)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        if name == "__dict__":
            _refuse_dict(self)
        _enter(self)
        _demand_deletable(self, name)
        object.__delattr__(self, name)

    def __copy__(self) -> Self:
        """Return a new object with the current greenlet's attributes."""
        state = _state_of(self)
        duplicate = type(self)(*state.args, **state.kwargs)
        duplicate.__dict__.update(self.__dict__)
        return duplicate

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")


def stored_by_greenlet(target: local) -> dict[int, dict[str, object]]:
    """Return who stored what, by the address of the greenlet; touches nothing."""
    shares = _state_of(target).shares.copy()
    return {key: share.values for key, share in shares.items()}


def _state_of(target: local) -> State:
    state: State = object.__getattribute__(target, "_greenlet_local_state")
    return state


def _enter(target: local) -> None:
    """Put the dict of the current greenlet in place."""
    state = _state_of(target)
    current = getcurrent()
    share = state.shares.get(id(current))
    if share is None or not share.is_of(current):
        _begin(target, state)
    elif share is not state.entered:
        _put_in_place(target, state, share)


def _begin(target: local, state: State) -> None:
    """Another greenlet touches *target* for the first time."""
    share = _adopt_current(target, state)
    init = type(target).__init__
    if share is None or init is object.__init__:
        return
    try:
        init(target, *state.args, **state.kwargs)
    except BaseException:
        # The next touch tries again.
        state.drop(share)
        raise
    # It may have switched, and another greenlet's dict may be in place now.
    _enter(target)


def _adopt_current(target: local, state: State) -> Share | None:
    """Give the current greenlet a share; None: a finalizer has done it meanwhile."""
    current = getcurrent()
    share = Share(state, current)
    # After all that may run a finalizer, and in one step. One that has touched *target*
    # in the same greenlet has given it a share; a second one would hide what that has.
    earlier = state.shares.setdefault(share.key, share)
    if earlier is not share:
        if earlier.is_of(current):
            share.unwatch()
            _put_in_place(target, state, earlier)
            return None
        state.shares[share.key] = share
    _put_in_place(target, state, share)
    return share


def _put_in_place(target: local, state: State, share: Share) -> None:
    # Entered last: a finalizer in between finds that it has to put the dict in place.
    object.__setattr__(target, "__dict__", share.values)
    state.entered = share


def _demand_deletable(target: local, name: str) -> None:
    """Raise AttributeError for what the object has not, which PyPy's default misses.

    It does not look for the name once another dict was put in place.
    """
    for kind in type(target).__mro__:
        if name in vars(kind):
            if hasattr(vars(kind)[name], "__delete__"):
                return
            break
    if name not in object.__getattribute__(target, "__dict__"):
        raise AttributeError(
            f"{type(target).__name__!r} object has no attribute {name!r}"
        )


def _refuse_dict(target: local) -> NoReturn:
    raise AttributeError(
        f"{type(target).__name__!r} object attribute '__dict__' is read-only"
    )


publish(__name__, "gevent.local")
