"""Settings; home: :mod:`gevent._base.config`."""

from gevent._base.config import *

if __name__ == "__main__":
    raise SystemExit(main())
