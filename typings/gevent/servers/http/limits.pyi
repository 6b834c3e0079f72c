from collections.abc import Iterable

from gevent.pywsgi import Limits as Limits
from gevent.pywsgi import Timeouts as Timeouts

__all__ = ("RELAXATIONS", "Limits", "Timeouts", "checked_relaxations")

RELAXATIONS: frozenset[str]

def checked_relaxations(names: Iterable[str]) -> frozenset[str]: ...
