"""Serve a Flask application with gevent.pywsgi."""

# needs: flask
from gevent import monkey

monkey.patch_all()

from flask_app import app

from gevent.pywsgi import WSGIServer

server = WSGIServer(("127.0.0.1", 0), app, log=None)
# end: server
from urllib.request import urlopen

import gevent

server.start()
urls = [f"http://127.0.0.1:{server.server_port}/slow/{n}" for n in range(10)]
greenlets = [gevent.spawn(lambda url: urlopen(url).read(), url) for url in urls]
gevent.joinall(greenlets, raise_error=True)
print(b"".join(greenlet.value for greenlet in greenlets).split())
server.stop()
