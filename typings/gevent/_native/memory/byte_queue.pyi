from typing import final

@final
class ByteQueue:
    def __init__(self, *args: object, **kwargs: object) -> None: ...
