"""``python -m gevent.monkey``."""

from gevent.patch.monkey import main

if __name__ == "__main__":
    raise SystemExit(main())
