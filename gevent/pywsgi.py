"""A WSGI server; home: :mod:`gevent.servers.pywsgi`."""

from gevent.servers.pywsgi import *

if __name__ == "__main__":
    from gevent.patch.monkey import patch_all

    patch_all()
    from gevent.servers.wsgi_command import main

    raise SystemExit(main())
