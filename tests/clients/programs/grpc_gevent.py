"""gRPC, client and server, in its gevent mode."""

from gevent import monkey

monkey.patch_all()

import grpc.experimental.gevent  # noqa: E402

grpc.experimental.gevent.init_gevent()

from concurrent import futures  # noqa: E402

import grpc  # noqa: E402

import gevent  # noqa: E402
from gevent.event import Event  # noqa: E402

n_waiting = 0
all_here = Event()


def together(request, context):
    """Wait until five calls are here."""
    global n_waiting
    n_waiting += 1
    if n_waiting == 5:
        all_here.set()
    all_here.wait(50)
    return request


def stream(request, context):
    """Send three parts."""
    for number in range(3):
        yield b"%d" % number


def never(request, context):
    """Answer too late."""
    gevent.sleep(5)
    return request


server = grpc.server(futures.ThreadPoolExecutor(max_workers=10))
handlers = {
    "together": grpc.unary_unary_rpc_method_handler(together),
    "stream": grpc.unary_stream_rpc_method_handler(stream),
    "never": grpc.unary_unary_rpc_method_handler(never),
}
server.add_generic_rpc_handlers(
    [grpc.method_handlers_generic_handler("test", handlers)]
)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
options = [("grpc.enable_http_proxy", 0)]
with grpc.insecure_channel(f"127.0.0.1:{port}", options) as channel:
    call = channel.unary_unary("/test/together")
    calls = [gevent.spawn(call, b"%d" % n, timeout=50) for n in range(5)]
    print("unary:", [each.get().decode() for each in calls])
    print("stream:", list(channel.unary_stream("/test/stream")(b"", timeout=50)))
    ticks = []
    ticker = gevent.spawn(
        lambda: [(ticks.append(1), gevent.sleep(0.01)) for _ in range(999)]
    )
    try:
        channel.unary_unary("/test/never")(b"", timeout=0.3)
    except grpc.RpcError as error:
        print("deadline:", error.code().name)
    ticker.kill()
    print("others went on:", len(ticks) > 2)
server.stop(None).wait()
