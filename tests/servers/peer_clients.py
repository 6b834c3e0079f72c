"""Clients of others, each of which asks a server the same; run in a process of its own.

    python peer_clients.py CLIENT URL CERTIFICATE

prints what it was answered, as JSON. Nothing of gevent is imported here.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

BODY = bytes(range(256)) * 1000
PIECES = [b"*" * 1000] * 50

#: What each client prints.
EXPECTED = ["hello", True, True, "one two", "5", 404, True]
#: What each client of WebSockets prints.
EXPECTED_OF_WEBSOCKETS = ["h\u00e9llo", True, True, 1000]


def use_http_client(url: str, certificate: str) -> Iterator[object]:
    place = urlsplit(url)
    if place.scheme == "https":
        context = ssl.create_default_context(cafile=certificate)
        client = HTTPSConnection(place.netloc, timeout=10, context=context)
    else:
        client = HTTPConnection(place.netloc, timeout=10)

    def ask(method: str, path: str, body: object = None, *, chunked: bool = False):
        client.request(method, path, body, encode_chunked=chunked)
        reply = client.getresponse()
        return reply, reply.read()

    yield ask("GET", "/")[1].decode()
    yield ask("POST", "/echo", BODY)[1] == BODY
    yield ask("POST", "/echo", iter(PIECES), chunked=True)[1] == b"".join(PIECES)
    yield ask("GET", "/blocks")[1].decode()
    yield ask("HEAD", "/")[0].getheader("Content-Length")
    yield ask("GET", "/nowhere")[0].status
    yield ask("GET", "/port")[1] == ask("GET", "/port")[1]


def use_requests(url: str, certificate: str) -> Iterator[object]:
    import requests

    with requests.Session() as client:
        client.verify = certificate
        client.trust_env = False  # it would choose other certificates
        yield client.get(f"{url}/").text
        yield client.post(f"{url}/echo", data=BODY).content == BODY
        got = client.post(f"{url}/echo", data=iter(PIECES)).content
        yield got == b"".join(PIECES)
        yield client.get(f"{url}/blocks").text
        yield client.head(f"{url}/").headers["Content-Length"]
        yield client.get(f"{url}/nowhere").status_code
        yield client.get(f"{url}/port").text == client.get(f"{url}/port").text


def use_httpx(url: str, certificate: str) -> Iterator[object]:
    yield from _use_httpx(url, certificate, is_http_2=False)


def use_httpx_2(url: str, certificate: str) -> Iterator[object]:
    yield from _use_httpx(url, certificate, is_http_2=True)


def _use_httpx(url: str, certificate: str, *, is_http_2: bool) -> Iterator[object]:
    import httpx

    context = ssl.create_default_context(cafile=certificate)
    with httpx.Client(
        verify=context, http1=not is_http_2, http2=is_http_2, trust_env=False
    ) as client:
        first = client.get(f"{url}/")
        assert first.http_version == ("HTTP/2" if is_http_2 else "HTTP/1.1")
        yield first.text
        yield client.post(f"{url}/echo", content=BODY).content == BODY
        got = client.post(f"{url}/echo", content=iter(PIECES)).content
        yield got == b"".join(PIECES)
        yield client.get(f"{url}/blocks").text
        yield client.head(f"{url}/").headers["Content-Length"]
        yield client.get(f"{url}/nowhere").status_code
        yield client.get(f"{url}/port").text == client.get(f"{url}/port").text


def use_aiohttp(url: str, certificate: str) -> list[object]:
    import aiohttp

    async def pieces():
        for piece in PIECES:
            yield piece

    async def ask() -> list[object]:
        context = ssl.create_default_context(cafile=certificate)
        connector = aiohttp.TCPConnector(ssl=context)
        async with aiohttp.ClientSession(connector=connector) as client:

            async def read(method: str, path: str, **options: object):
                async with client.request(method, f"{url}{path}", **options) as reply:
                    return reply, await reply.read()

            return [
                (await read("GET", "/"))[1].decode(),
                (await read("POST", "/echo", data=BODY))[1] == BODY,
                (await read("POST", "/echo", data=pieces()))[1] == b"".join(PIECES),
                (await read("GET", "/blocks"))[1].decode(),
                (await read("HEAD", "/"))[0].headers["Content-Length"],
                (await read("GET", "/nowhere"))[0].status,
                (await read("GET", "/port"))[1] == (await read("GET", "/port"))[1],
            ]

    return asyncio.run(ask())


def use_curl(url: str, certificate: str) -> Iterator[object]:
    def ask(*options: str, input: bytes | None = None) -> bytes:
        command = ["curl", "-sS", "-4", "--max-time", "10", "--cacert", certificate]
        return subprocess.run(
            [*command, *options], input=input, check=True, capture_output=True
        ).stdout

    yield ask(f"{url}/").decode()
    yield ask("--data-binary", "@-", f"{url}/echo", input=BODY) == BODY
    chunked = ["-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue"]
    whole = b"".join(PIECES)
    yield ask(*chunked, "--data-binary", "@-", f"{url}/echo", input=whole) == whole
    yield ask(f"{url}/blocks").decode()
    yield ask("-I", "-o", "/dev/null", "-w", "%header{content-length}", url).decode()
    code = ask("-o", "/dev/null", "-w", "%{http_code}", f"{url}/nowhere")
    yield int(code)
    first, second = ask(f"{url}/port", f"{url}/port").decode().split()
    yield first == second


# -- WebSockets ---------------------------------------------------------------------


def _of_websockets(url: str) -> str:
    return url.replace("http", "ws", 1)


def use_websockets(url: str, certificate: str) -> Iterator[object]:
    from websockets.sync.client import connect

    secured = {}
    if url.startswith("https"):
        secured["ssl"] = ssl.create_default_context(cafile=certificate)
    with connect(f"{_of_websockets(url)}/ws", proxy=None, **secured) as client:
        client.send("h\u00e9llo")
        yield client.recv(10)
        client.send(BODY)
        yield client.recv(10) == BODY
        client.send(iter(["one ", "two"]))
        yield client.recv(10) == "one two"
        client.close()
        yield client.protocol.close_code


def use_asyncio_websockets(url: str, certificate: str) -> list[object]:
    from websockets.asyncio.client import connect

    secured = {}
    if url.startswith("https"):
        secured["ssl"] = ssl.create_default_context(cafile=certificate)

    async def ask() -> list[object]:
        uri = f"{_of_websockets(url)}/ws"
        async with connect(uri, proxy=None, **secured) as client:
            found: list[object] = []
            await client.send("h\u00e9llo")
            found.append(await client.recv())
            await client.send(BODY)
            found.append(await client.recv() == BODY)
            await client.send(["one ", "two"])
            found.append(await client.recv() == "one two")
            await (await client.ping())
        return [*found, client.close_code]

    return asyncio.run(ask())


def use_aiohttp_websockets(url: str, certificate: str) -> list[object]:
    import aiohttp

    async def ask() -> list[object]:
        context = ssl.create_default_context(cafile=certificate)
        connector = aiohttp.TCPConnector(ssl=context)
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.ws_connect(f"{url}/ws", compress=15) as client,
        ):
            await client.send_str("h\u00e9llo")
            found: list[object] = [await client.receive_str()]
            await client.send_bytes(BODY)
            found.append(await client.receive_bytes() == BODY)
            await client.send_str("one two")
            found.append(await client.receive_str() == "one two")
            await client.close()
            return [*found, client.close_code]

    return asyncio.run(ask())


def main() -> None:
    """Print what a client was answered."""
    name, url, certificate = sys.argv[1:]
    print(json.dumps(list(globals()[f"use_{name}"](url, certificate))))


if __name__ == "__main__":
    main()
