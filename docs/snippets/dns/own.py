"""A resolver that knows some names itself."""

import gevent
from gevent import socket
from gevent.resolver.thread import Resolver

TABLE = {"database.internal": "127.0.0.1"}


class Known(Resolver):
    """Looks into a table first."""

    def getaddrinfo(self, host, *arguments, **options):
        """Look one name up."""
        return super().getaddrinfo(TABLE.get(host, host), *arguments, **options)


gevent.get_hub().resolver = Known(gevent.get_hub())
print(socket.getaddrinfo("database.internal", 5432, type=socket.SOCK_STREAM)[0][4])
