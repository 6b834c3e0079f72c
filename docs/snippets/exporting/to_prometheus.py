"""How does Prometheus get what gevent counts?"""

# needs: prometheus_client
# begin: collect
from gevent.exporters.prometheus import collect_into

collect_into()  # into the default registry of prometheus_client
# end: collect
# begin: serve
from gevent.pywsgi import WSGIServer
from prometheus_client import make_wsgi_app

server = WSGIServer(("127.0.0.1", 0), make_wsgi_app(), log=None)  # 9100, say
server.start()
# end: serve

from gevent import socket

with socket.create_connection(server.address) as client:
    client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
    with client.makefile("r") as reply:
        lines = [line for line in reply if line.startswith("gevent_greenlets_parked")]
print(lines[0], end="")
