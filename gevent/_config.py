"""Settings; home: :mod:`gevent._base.config`."""

from gevent._base.config import *  # noqa: F403 - a facade is its home

if __name__ == "__main__":
    raise SystemExit(main())  # noqa: F405 - as above
