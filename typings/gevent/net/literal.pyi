from gevent.resolver import _Address, _Entry, _Host, _HostEntry, _Port, _Resolver

__all__ = ("find_literal", "is_literal", "is_numeric", "resolver")

Host = _Host
Port = _Port
Address = _Address
Entry = _Entry
HostEntry = _HostEntry
Resolver = _Resolver

def resolver() -> _Resolver: ...
def find_literal(
    host: _Host,
    port: _Port,
    family: int = 0,
    kind: int = 0,
    proto: int = 0,
    flags: int = 0,
) -> list[_Entry] | None: ...
def is_literal(host: _Host) -> bool: ...
def is_numeric(flags: object) -> bool: ...
