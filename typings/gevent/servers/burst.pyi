from collections.abc import Callable

from typing_extensions import disjoint_base

from gevent.servers.server import DatagramServer

BUSY: int
IDLE: int
ENDING: int

@disjoint_base
class Burst:
    def __init__(self, server: DatagramServer, body: Callable[..., object]) -> None: ...
    def run(self, left: int) -> int: ...
    def end(self) -> None: ...
    def work(self) -> object: ...
