"""redis-py in a patched program: greenlets share a pool of connections."""

# needs: redis
# needs program: redis-server
from gevent import monkey

monkey.patch_all()

import redis
from redis_server import running

from gevent.pool import Pool

with running() as port:
    # begin: client
    connections = redis.BlockingConnectionPool(
        host="127.0.0.1", port=port, max_connections=10, timeout=5, socket_timeout=5
    )
    client = redis.Redis(connection_pool=connections)
    Pool(50).map(lambda n: client.incrby("total", n), range(100))
    print(client.get("total"))
    # end: client
    connections.disconnect()
