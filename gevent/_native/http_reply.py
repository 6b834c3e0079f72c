import re, time
from email.utils import formatdate
HAS_DATE, HAS_LENGTH, HAS_CLOSE, DROPPED = 1, 2, 4, 8
def status_line(status):
    if type(status) is not str: raise TypeError("status must be str")
    b = status.encode("latin-1")
    if not re.fullmatch(rb"[1-9]\d\d [\t -~\x80-\xff]*", b): raise ValueError(f"bad status {status!r}")
    return b
_HOP = {b"connection", b"transfer-encoding", b"keep-alive", b"te", b"trailer", b"upgrade"}
def checked_headers(headers, *, keep_hop_by_hop=False):
    out=[]; flags=0
    for name, value in headers:
        if type(name) is not str or type(value) is not str: raise TypeError("x")
        n=name.encode("latin-1"); v=value.encode("latin-1")
        if not re.fullmatch(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", n): raise ValueError("name")
        if not re.fullmatch(rb"[\t -~\x80-\xff]*", v): raise ValueError("value")
        low=n.lower()
        if low==b"date": flags|=HAS_DATE
        elif low==b"content-length":
            if flags&HAS_LENGTH or not v.isdigit(): raise ValueError("length")
            flags|=HAS_LENGTH
        elif low in _HOP and not keep_hop_by_hop:
            if low==b"connection" and v.lower()==b"close": flags|=HAS_CLOSE
            continue
        out.append((n,v))
    return out, flags
def date(): return formatdate(usegmt=True).encode()
def head(status, pairs): return b"HTTP/1.1 "+status+b"\r\n"+b"".join(n+b": "+v+b"\r\n" for n,v in pairs)+b"\r\n"
def chunk(data): return [b"%x\r\n"%memoryview(data).nbytes, data, b"\r\n"]
def send_parts(sock, parts):
    d=b"".join(parts); sock.sendall(d); return len(d)
