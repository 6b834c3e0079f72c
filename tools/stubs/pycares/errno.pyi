ARES_EDESTRUCTION: int
ARES_EFORMERR: int
ARES_ENODATA: int
ARES_ENOTFOUND: int
ARES_ESERVFAIL: int

errorcode: dict[int, str]

def strerror(code: int) -> str: ...
