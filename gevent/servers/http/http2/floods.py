"""How often a client may do what costs it little and a server much."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from gevent.servers.http.limits import Limits

# By which a bucket fills again, each second.
RESETS_A_SECOND = 20.0
CONTROL_FRAMES_A_SECOND = 100.0
# A client tells of each frame of data twice: of the stream's window, and of the
# connection's. That is no flood.
_UPDATES_FOR_DATA = 2


class Flood(Exception):
    """A client has used up a limit.

    Attributes:
        name: The limit's.
    """

    def __init__(self, name: str):
        super().__init__(f"limit reached: {name}")
        self.name = name


class Bucket:
    """Tokens that come back with time.

    Args:
        name: The limit's.
        size: How many tokens there are.
        rate: How many come back in a second.
        now: Tells the time.
    """

    def __init__(self, name: str, size: int, rate: float, now: Callable[[], float]):
        self.name = name
        self.size = size
        self.rate = rate
        self._now = now
        self._level = float(size)
        self._since = now()

    def take(self) -> None:
        """Take a token.

        Raises:
            Flood: There is none.
        """
        now = self._now()
        level = self._level + (now - self._since) * self.rate
        self._since = now
        self._level = min(level, self.size) - 1
        if self._level < 0:
            raise Flood(self.name)


class Floods:
    """What is counted of a connection.

    Args:
        limits: The server's.
        now: Tells the time, in seconds.
    """

    def __init__(self, limits: Limits, now: Callable[[], float]):
        self._resets = Bucket("resets", limits.resets, RESETS_A_SECOND, now)
        self._control = Bucket(
            "control_frames", limits.control_frames, CONTROL_FRAMES_A_SECOND, now
        )
        self._updates = 0

    def note_reset(self) -> None:
        """A stream was reset, by the client or because of it.

        Raises:
            Flood: There have been too many.
        """
        self._resets.take()

    def note_control(self) -> None:
        """A frame came that carries nothing of a request.

        Raises:
            Flood: There have been too many.
        """
        self._control.take()

    def note_data_sent(self) -> None:
        """A frame of data was sent, which the client will answer with updates."""
        self._updates += _UPDATES_FOR_DATA

    def note_update(self) -> None:
        """The client opened a window.

        Raises:
            Flood: It has done so too often, for the data that it got.
        """
        if self._updates:
            self._updates -= 1
        else:
            self._control.take()
