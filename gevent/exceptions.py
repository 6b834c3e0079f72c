"""Signals of misuse of the machinery; home: :mod:`gevent._base.exceptions`."""

from gevent._base.exceptions import *  # noqa: F403 - a facade is its home
