"""The names of libev's flags and polling mechanisms."""

from __future__ import annotations

__all__ = ("Flags", "backend_names", "to_number")

Flags = int | str | list[str] | tuple[str, ...] | None

BACKENDS = (
    (1 << 5, "port"),
    (1 << 3, "kqueue"),
    (1 << 2, "epoll"),
    (1 << 6, "linux_aio"),
    (1 << 7, "linux_iouring"),
    (1 << 1, "poll"),
    (1 << 0, "select"),
    (1 << 4, "devpoll"),
)
FLAGS = (
    (0x01000000, "noenv"),
    (0x02000000, "forkcheck"),
    (0x00100000, "noinotify"),
    (0x00200000, "signalfd"),
    (0x00400000, "nosigmask"),
)
_NUMBERS = {name: number for number, name in (*BACKENDS, *FLAGS)}


def to_number(flags: Flags) -> int:
    """Return libev's number for flags given as number, text, or list of texts.

    Raises:
        ValueError: A name is unknown.
    """
    if not flags:
        return 0
    if isinstance(flags, int):
        return flags
    names = flags.split(",") if isinstance(flags, str) else flags
    number = 0
    for name in names:
        word = name.strip().lower()
        if not word:
            continue
        if word not in _NUMBERS:
            raise ValueError(
                f"Invalid backend or flag: {name!r}\n"
                f"Possible values: {', '.join(sorted(_NUMBERS))}"
            )
        number |= _NUMBERS[word]
    return number


def backend_names(mask: int) -> list[str]:
    """Return the names of the polling mechanisms in a mask."""
    return [name for number, name in BACKENDS if mask & number]
