"""The names that the tests of resolvers ask for, and what DNS says of them."""

from __future__ import annotations

ZONE: dict[str, dict[str, list[str]]] = {
    "v4.example": {"A": ["192.0.2.1"]},
    "v6.example": {"AAAA": ["2001:db8::1"]},
    "both.example": {"A": ["192.0.2.2"], "AAAA": ["2001:db8::2"]},
    "many.example": {"A": ["192.0.2.9", "127.0.0.9", "10.1.2.3", "192.0.2.3"]},
    "many6.example": {"AAAA": ["2001:db8::9", "fe80::1", "::1", "fd00::3"]},
    "mixed.example": {
        "A": ["192.0.2.9", "127.0.0.9"],
        "AAAA": ["2001:db8::9", "::1"],
    },
    "alias.example": {"CNAME": ["v4.example."]},
    "chain.example": {"CNAME": ["alias.example."]},
    "alias-both.example": {"CNAME": ["both.example."]},
    "dangling.example": {"CNAME": ["nowhere.example."]},
    "empty-alias.example": {"CNAME": ["empty.example."]},
    "empty.example": {"TXT": ["nothing"]},
    "broken.example": {"RCODE": ["SERVFAIL"]},
    "refused.example": {"RCODE": ["REFUSED"]},
    "format.example": {"RCODE": ["FORMERR"]},
    "notimp.example": {"RCODE": ["NOTIMP"]},
    "half4.example": {"A": ["192.0.2.4"], "RCODE AAAA": ["SERVFAIL"]},
    "half6.example": {"AAAA": ["2001:db8::4"], "RCODE A": ["SERVFAIL"]},
    "nx4.example": {"AAAA": ["2001:db8::5"], "RCODE A": ["NXDOMAIN"]},
    "no4-bad6.example": {"TXT": ["nothing"], "RCODE AAAA": ["SERVFAIL"]},
    "bad4-no6.example": {"TXT": ["nothing"], "RCODE A": ["SERVFAIL"]},
    "nx4-bad6.example": {"RCODE A": ["NXDOMAIN"], "RCODE AAAA": ["SERVFAIL"]},
    "bad4-nx6.example": {"RCODE A": ["SERVFAIL"], "RCODE AAAA": ["NXDOMAIN"]},
    "under_score.example": {"A": ["192.0.2.5"]},
    "to-under.example": {"CNAME": ["under_score.example."]},
    "xn--bcher-kva.example": {"A": ["192.0.2.6"]},
    "tcp.example": {"TRUNCATED": [], "A": ["192.0.2.7"]},
    "mapped.example": {"AAAA": ["::ffff:192.0.2.8", "2001:db8::8"]},
    "short": {"A": ["192.0.2.10"]},
    "short.search.example": {"A": ["192.0.2.11"]},
    "host.search.example": {"A": ["192.0.2.12"], "AAAA": ["2001:db8::12"]},
    "a.b.search.example": {"A": ["192.0.2.13"]},
    "bad.search.example": {"RCODE": ["SERVFAIL"]},
    "void.search.example": {"TXT": ["nothing"]},
    "silent.example": {"SILENT": []},
    # Backwards.
    "1.2.0.192.in-addr.arpa": {"PTR": ["v4.example."]},
    "2.2.0.192.in-addr.arpa": {"PTR": ["both.example.", "second.example."]},
    "3.2.0.192.in-addr.arpa": {"TXT": ["nothing"]},
    "4.2.0.192.in-addr.arpa": {"RCODE": ["SERVFAIL"]},
    "5.2.0.192.in-addr.arpa": {"PTR": ["under_score.example."]},
    "6.2.0.192.in-addr.arpa": {"CNAME": ["6.sub.2.0.192.in-addr.arpa."]},
    "6.sub.2.0.192.in-addr.arpa": {"PTR": ["classless.example."]},
    "12.2.0.192.in-addr.arpa": {"PTR": ["host.search.example."]},
    "8.2.0.192.in-addr.arpa": {"RCODE": ["REFUSED"]},
    "1." + "0." * 23 + "8.b.d.0.1.0.0.2.ip6.arpa": {"PTR": ["v6.example."]},
}

HOSTS = """\
127.0.0.1 localhost
::1 localhost ip6-localhost
192.0.2.101 filed.example filed f  # a comment
192.0.2.102 several.example several
192.0.2.103 several.example other
2001:db8::102 several.example
192.0.2.104 FourOnly.example
2001:db8::105 sixonly.example six
# 192.0.2.106 commented.example
300.1.1.1 wrong.example
192.0.2.108 dots.example.
fe80::9 linked.example
::ffff:192.0.2.109 mapped-file.example
"""

RESOLV_CONF = """\
nameserver 127.0.0.1
search search.example other.example
options timeout:1 attempts:1
"""
