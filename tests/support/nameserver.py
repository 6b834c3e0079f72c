"""A DNS server on the loopback, in a native thread, that answers from a table."""

from __future__ import annotations

import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

# Name -> record type -> values, in the order in which they are answered. The type
# "RCODE" stands for an error, "SILENT" for no answer at all, "TRUNCATED" for one that
# only TCP carries.
Zone = dict[str, dict[str, list[str]]]

_TTL = 0  # seconds: nobody may remember an answer


class Nameserver:
    """Answers over UDP and TCP, at one port.

    Threads: the two that serve read `zone`, which nobody changes, keep what they found
    in `_answers` and count in `questions`; the test reads that when it has its answer.
    """

    def __init__(self, zone: Zone, address: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        self.zone = {name.lower(): records for name, records in zone.items()}
        self.questions: Counter[tuple[str, str]] = Counter()
        self._answers: dict[
            tuple[bytes, bool], tuple[tuple[str, str], bytes | None]
        ] = {}
        self.asked = threading.Event()
        self._udp, self._tcp = _bind_both(address)
        self.address: str = address[0]
        self.port: int = self._udp.getsockname()[1]
        self._threads = [
            threading.Thread(target=self._serve_udp, daemon=True),
            threading.Thread(target=self._serve_tcp, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        # An empty datagram and a connection without a question end the threads.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"", (self.address, self.port))
        socket.create_connection((self.address, self.port)).close()
        for thread in self._threads:
            thread.join()
        self._udp.close()
        self._tcp.close()

    def _serve_udp(self) -> None:
        while True:
            data, client = self._udp.recvfrom(4096)
            if not data:
                return
            answer = self._answer(data, over_tcp=False)
            if answer is not None:
                self._udp.sendto(answer, client)

    def _serve_tcp(self) -> None:
        while True:
            client, _ = self._tcp.accept()
            with client, client.makefile("rb") as stream:
                head = stream.read(2)
                if not head:
                    return
                while head:
                    data = stream.read(struct.unpack("!H", head)[0])
                    answer = self._answer(data, over_tcp=True)
                    if answer is not None:
                        client.sendall(struct.pack("!H", len(answer)) + answer)
                    head = stream.read(2)

    def _answer(self, data: bytes, over_tcp: bool) -> bytes | None:
        # All but the number of the message; of thousands most come again and again.
        key = data[2:], over_tcp
        found = self._answers.get(key)
        if found is None:
            found = self._answers[key] = self._find_answer(data, over_tcp)
        question, answer = found
        self.questions[question] += 1
        self.asked.set()
        return None if answer is None else data[:2] + answer[2:]

    def _find_answer(
        self, data: bytes, over_tcp: bool
    ) -> tuple[tuple[str, str], bytes | None]:
        """Return name and type asked for, and the answer if there is to be one."""
        query = dns.message.from_wire(data)
        question = query.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        name = question.name.to_text(omit_final_dot=True).lower()
        records = self._records(name)
        answer = dns.message.make_response(query, recursion_available=True)
        if records is not None and "SILENT" in records:
            return (name, kind), None
        if records is not None and "TRUNCATED" in records and not over_tcp:
            answer.flags |= dns.flags.TC
        else:
            self._fill(answer, question.name, name, kind)
        return (name, kind), answer.to_wire(max_size=65535)

    def _records(self, name: str) -> dict[str, list[str]] | None:
        records = self.zone.get(name)
        if records is None:
            return self.zone.get(f"*.{name.partition('.')[2]}")
        return records

    def _fill(
        self, answer: dns.message.Message, owner: dns.name.Name, name: str, kind: str
    ) -> None:
        records = self._records(name)
        if records is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
            return
        for code in records.get(f"RCODE {kind}", records.get("RCODE", [])):
            answer.set_rcode(dns.rcode.from_text(code))
        for target in records.get("CNAME", []):
            answer.answer.append(
                dns.rrset.from_text(owner, _TTL, "IN", "CNAME", target)
            )
            next_name = dns.name.from_text(target)
            self._fill(answer, next_name, target.rstrip(".").lower(), kind)
        if kind in records:
            # One by one: dnspython shuffles the values of a set.
            answer.answer.extend(
                dns.rrset.from_text(owner, _TTL, "IN", kind, value)
                for value in records[kind]
            )


def _bind_both(address: tuple[str, int]) -> tuple[socket.socket, socket.socket]:
    """Return sockets for UDP and TCP at one port."""
    while True:
        tcp = socket.create_server(address)
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            udp.bind(tcp.getsockname())
            return udp, tcp
        except OSError:
            # A client of somebody else has that port for UDP.
            udp.close()
            tcp.close()
            if address[1]:
                raise


@contextmanager
def serving(
    zone: Zone, address: tuple[str, int] = ("127.0.0.1", 0)
) -> Iterator[Nameserver]:
    """Run a server while the block runs."""
    server = Nameserver(zone, address)
    try:
        yield server
    finally:
        server.close()
