r"""One call of ``gevent.monkey``: what it warns about, and how it is taken back.

A call that fails has changed nothing: modules of which a half is patched neither work
nor end. It fails for an error of a subscriber, of an import, or of a signal handler.

CALL1  Who changes something says first how that is undone; doing it twice does no harm.
CALL2  What cannot be undone is put off until nothing can fail any more.
CALL3  Signals with Python handlers wait meanwhile, but for the time of subscribers. So
    Ctrl-C interrupts no import half-way, which some modules do not survive.

States::

    new --enter--> open --commit--> done
                       \--error---> undone
"""

from __future__ import annotations

from gevent.patch.attributes import (
    MISSING,
    patch_item,
    remove_item,
    restore_item,
    saved,
)
from gevent.patch.warn import Warnings

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as _signal
    from collections.abc import Callable
    from types import ModuleType
else:
    # What is below that; it loads nothing.
    import _signal

__all__ = ("Call",)


class Call(Warnings):
    """What happens in the block happens as a whole or not at all."""

    def __init__(self) -> None:
        super().__init__()
        self._undo: list[tuple[Callable[..., object], tuple[object, ...]]] = []
        self._later: list[Callable[[], object]] = []
        self._mask: set[int] = set()

    def __enter__(self) -> Call:
        self._mask = _mask()
        try:
            self._hold_signals()
        except BaseException:
            self._let_signals_in()
            raise
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        try:
            if error is None:
                self.commit()
            else:
                self._roll_back()
        finally:
            self._let_signals_in()
        super().__exit__(kind, error, traceback)

    def commit(self) -> None:
        """Keep what was done, whatever happens from now on."""
        self._undo.clear()
        while self._later:
            self._later.pop(0)()

    def undo_by(self, undo: Callable[..., object], *args: object) -> None:
        """Say what takes the next step back."""
        self._undo.append((undo, args))

    def at_the_end(self, function: Callable[[], object]) -> None:
        """Have something done that cannot be taken back."""
        self._later.append(function)

    def assign(self, owner: object, name: str, value: object) -> None:
        """Set an attribute, which nobody asks for the original of."""
        names = vars(owner)
        if name in names:
            self.undo_by(setattr, owner, name, names[name])
        else:
            self.undo_by(_forget, owner, name)
        setattr(owner, name, value)

    def patch_item(self, module: ModuleType, attr: str, newitem: object) -> None:
        """Replace an attribute of a module; see ``gevent.monkey.api``."""
        self._remember(module, attr)
        patch_item(module, attr, newitem)

    def remove_item(self, module: ModuleType, attr: str) -> None:
        """Delete an attribute of a module; see ``gevent.monkey.api``."""
        self._remember(module, attr)
        remove_item(module, attr)

    def _remember(self, module: ModuleType, attr: str) -> None:
        value = getattr(module, attr, MISSING)
        is_saved = attr in saved.get(module.__name__, ())
        self.undo_by(restore_item, module, attr, value, is_saved)

    def open_to_signals(self) -> _Open:
        """Return a context in which signals may interrupt: foreign code runs in it."""
        return _Open(self._hold_signals, self._let_signals_in)

    def _hold_signals(self) -> None:
        held = [each for each in _signal.valid_signals() if _has_handler(each)]
        _signal.pthread_sigmask(_signal.SIG_BLOCK, held)

    def _let_signals_in(self) -> None:
        # What came meanwhile is handled in here, and may raise.
        _signal.pthread_sigmask(_signal.SIG_SETMASK, self._mask)

    def _roll_back(self) -> None:
        try:
            while self._undo:
                undo, args = self._undo[-1]
                undo(*args)
                self._undo.pop()
        except BaseException:
            # A signal that another native thread received; the step is done again.
            self._roll_back()
            raise


class _Open:
    """See :meth:`Call.open_to_signals`."""

    def __init__(self, hold: Callable[[], None], let_in: Callable[[], None]) -> None:
        self._hold = hold
        self._let_in = let_in

    def __enter__(self) -> None:
        try:
            self._let_in()
        except BaseException:
            self._hold()
            raise

    def __exit__(self, *exc_info: object) -> None:
        self._hold()


def _mask() -> set[int]:
    # Nothing more is blocked by this; what it raises leaves nothing behind.
    return _signal.pthread_sigmask(_signal.SIG_BLOCK, ())


def _has_handler(number: int) -> bool:
    # Without one the system does what it does at once.
    return callable(_signal.getsignal(number))


def _forget(owner: object, name: str) -> None:
    vars(owner).pop(name, None)
