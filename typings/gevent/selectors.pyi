# ruff: isort: skip_file
# One statement for the names that are passed through.

from selectors import (
    EVENT_READ as EVENT_READ,
    EVENT_WRITE as EVENT_WRITE,
    BaseSelector as BaseSelector,
    EpollSelector as EpollSelector,
    PollSelector as PollSelector,
    SelectorKey as SelectorKey,
    SelectSelector as SelectSelector,
)

from gevent.net.selectors import *
