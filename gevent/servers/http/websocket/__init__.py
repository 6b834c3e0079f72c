"""WebSocket for ``gevent.pywsgi``; imported when a server is asked for it."""
