from types import CodeType

from gevent.greenlet import _SpawningFrame

class SpawningFrame(_SpawningFrame):
    def __init__(
        self, code: CodeType, offset: int, back: SpawningFrame | None
    ) -> None: ...

def stack_from(entries: list[tuple[CodeType, int]]) -> SpawningFrame | None: ...
