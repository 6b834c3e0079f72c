"""A Python console for each client; home: :mod:`gevent.servers.backdoor`."""

from gevent.servers.backdoor import *

if __name__ == "__main__":
    from gevent.servers.backdoor import main

    raise SystemExit(main())
