"""Environs: dicts of a request's variables, some of which hide them when printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, ItemsView
    from typing import Self, SupportsIndex

__all__ = ("Environ", "SecureEnviron", "WSGISecureEnviron")


class Environ(dict[str, object]):
    """A dict for the variables of a request; its copies are of the same class.

    What is pickled or copied by ``copy`` is a plain dict.
    """

    __slots__ = ()

    def copy(self) -> Self:
        """Return another one of the same class."""
        return self.__class__(self)

    def iteritems(self) -> ItemsView[str, object]:
        """Return what ``items`` does."""
        return self.items()

    def __reduce__(self) -> tuple[object, ...]:
        return dict, (), None, None, iter(self.items())

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[object, ...]:
        return self.__reduce__()


class SecureEnviron(Environ):
    """An environ that shows its keys and values to nobody who prints it.

    There are passwords and cookies in environs, and logs are read by many. ``repr`` and
    ``str`` show how many keys there are; with *whitelist_keys*, those keys with their
    values, and of the others what *print_masked_keys* says::

        >>> SecureEnviron(HTTP_COOKIE="secret")  # doctest: +ELLIPSIS
        <pywsgi.SecureEnviron dict (keys: 1) at ...>
        >>> environ = SecureEnviron(PATH_INFO="/", HTTP_COOKIE="secret")
        >>> environ.whitelist_keys = ("PATH_INFO",)
        >>> environ
        {'PATH_INFO': '/', 'HTTP_COOKIE': '<MASKED>'}
        >>> environ.print_masked_keys = False
        >>> environ
        {'PATH_INFO': '/', (hidden keys: 1)}
        >>> environ.secure_repr = False
        >>> environ
        {'PATH_INFO': '/', 'HTTP_COOKIE': 'secret'}

    Attributes:
        secure_repr: Whether anything is hidden.
        whitelist_keys: The keys that are shown.
        print_masked_keys: Whether the other keys are shown, without their values.
        default_secure_repr: For instances where it was not set.
        default_whitelist_keys: The same.
        default_print_masked_keys: The same.
    """

    default_secure_repr = True
    default_whitelist_keys: Collection[object] = ()
    default_print_masked_keys = True

    __slots__ = ("secure_repr", "whitelist_keys", "print_masked_keys")

    if TYPE_CHECKING:
        secure_repr: bool
        whitelist_keys: Collection[object]
        print_masked_keys: bool
    else:

        def __getattr__(self, name: str) -> object:
            # A slot that is not set comes here, too.
            if name in SecureEnviron.__slots__:
                return getattr(type(self), f"default_{name}")
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}"
            )

    def __repr__(self) -> str:
        if not self.secure_repr:
            return super().__repr__()
        shown = self.whitelist_keys
        if not shown:
            return (
                f"<pywsgi.{type(self).__name__} dict (keys: {len(self)}) at {id(self)}>"
            )
        if self.print_masked_keys:
            masked = {
                key: value if key in shown else "<MASKED>"
                for key, value in self.items()
            }
            return repr(masked)
        return self._repr_of({key: self[key] for key in self if key in shown})

    __str__ = __repr__

    def _repr_of(self, shown: dict[str, object]) -> str:
        """Return a repr that counts the keys which are not *shown*."""
        n_hidden = len(self) - len(shown)
        if not n_hidden:
            return repr(shown)
        return f"{repr(shown)[:-1]}, (hidden keys: {n_hidden})}}"


class WSGISecureEnviron(SecureEnviron):
    """An environ that shows where a request came from and went to, and nothing else.

    >>> WSGISecureEnviron(REMOTE_ADDR="::1", HTTP_AUTHORIZATION="secret")
    {'REMOTE_ADDR': '::1', (hidden keys: 1)}
    """

    default_whitelist_keys: Collection[object] = (
        "REMOTE_ADDR",
        "REMOTE_PORT",
        "HTTP_HOST",
    )
    default_print_masked_keys = False
