"""BackdoorServer: a console for each client, and nobody else sees its streams."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys

import pytest

import gevent
from gevent import socket
from gevent.backdoor import BackdoorServer
from gevent.event import Event

LOCAL = ("127.0.0.1", 0)


@pytest.fixture(autouse=True)
def _streams_are_back():
    before = sys.stdin, sys.stdout, sys.stderr
    yield
    assert (sys.stdin, sys.stdout, sys.stderr) == before
    for name in ("ps1", "ps2"):
        vars(sys).pop(name, None)


@pytest.fixture
def server():
    """A server whose consoles know this module's names."""
    with BackdoorServer(LOCAL, banner="hi", locals={"gevent": gevent}) as made:
        made.start()
        yield made


class Client:
    """A client of a console."""

    def __init__(self, server):
        self.socket = socket.create_connection(server.address, timeout=10)
        self.seen = b""

    def __enter__(self):
        self.read_to(b">>> ")
        return self

    def __exit__(self, *_):
        self.socket.close()

    def read_to(self, end: bytes) -> bytes:
        """Return what comes until it ends so."""
        got = b""
        while not got.endswith(end):
            data = self.socket.recv(1000)
            if not data:
                raise EOFError(got)
            got += data
        return got

    def run(self, line: bytes) -> bytes:
        """Return what is printed for a line."""
        self.socket.sendall(line + b"\r\n")
        return self.read_to(b">>> ").removesuffix(b">>> ")


@pytest.fixture
def client(server):
    """A client that has seen the first prompt."""
    with Client(server) as made:
        yield made


@pytest.mark.parametrize(
    ("sent", "printed"),
    [
        (b"1 + 1\n", b"2\n>>> \n"),
        (b"1 + 1\r\n", b"2\n>>> \n"),
        (b"print('x')", b"x\n>>> \n"),
        (b"if 1:\r\n  print(3)\r\n\r\n", b"... ... 3\n>>> \n"),
        (b"'\xc3\xa9'\n", b"'\xc3\xa9'\n>>> \n"),
        (b"print('\\ud800')\n", b"\\ud800\n>>> \n"),
        (b"__name__, __doc__\n", b"('__console__', None)\n>>> \n"),
        (b"input('? ')\nhello\n", b"? 'hello'\n>>> \n"),
        (
            b"raise KeyError\n",
            b'Traceback (most recent call last):\n  File "<console>"',
        ),
        (b"import sys; sys.stdin.read()\nrest\nof it", b"'rest\\nof it'\n>>> \n"),
        (b"import sys; list(sys.stdin)\nab\nc\n", b"['ab\\n', 'c\\n']\n>>> \n"),
        (b"import sys; sys.stdin.readline(1)\nab\n", b"'a'\n>>> "),
        (b"", b"\n"),
        (b"\x04", b"\n"),
        (b"1\n\x04\n2\n", b"1\n>>> \n"),
        (b"\xff\xec", b"\n"),
        (b"quit()\n1\n", b""),
        (b"raise SystemExit('bye')\n1\n", b""),
        (b"gevent.getcurrent().kill()\n1\n", b""),
    ],
)
def test_console_prints(server, talk, sent, printed):
    found = talk(server.address, sent)
    assert found.startswith(b"hi\n>>> " + printed)
    if printed.endswith(b"\n") or not printed:
        assert found == b"hi\n>>> " + printed


def test_banner_is_pythons_without_one(talk):
    with BackdoorServer(LOCAL) as server:
        server.start()
        assert talk(server.address).startswith(b"Python %d." % sys.version_info[0])


def test_each_client_has_its_own_names(server, client):
    with Client(server) as other:
        client.run(b"x = 1")
        assert client.run(b"x") == b"1\n"
        assert b"NameError" in other.run(b"x")
    assert set(server.locals) == {"__doc__", "__name__", "gevent"}


def test_streams_of_others_stay_while_a_console_waits(server, client):
    before = sys.stdin, sys.stdout, sys.stderr
    client.socket.sendall(b"gevent.sleep(0); print('back')\n")
    for _ in range(20):
        gevent.sleep(0)
        assert (sys.stdin, sys.stdout, sys.stderr) == before
    assert client.read_to(b">>> ") == b"back\n>>> "


def test_streams_of_two_consoles_do_not_mix(server, client):
    with Client(server) as other:
        for each in (client, other):
            each.socket.sendall(b"for n in range(9): print(n); gevent.sleep(0)\n\n")
        whole = b"... " + b"".join(b"%d\n" % n for n in range(9)) + b">>> "
        assert client.read_to(b"8\n>>> ") == whole
        assert other.read_to(b"8\n>>> ") == whole


def test_greenlets_that_a_console_spawns_have_the_streams_of_the_program(
    server, client, capsys
):
    client.run(b"gevent.spawn(print, 'elsewhere').join()")
    assert capsys.readouterr().out == "elsewhere\n"


def test_streams_are_back_after_a_timeout_in_a_console(server, client):
    """H23."""
    printed = client.run(b"gevent.Timeout(0.001).start(); gevent.sleep(10)")
    assert b"Timeout: 0.001 seconds" in printed
    assert client.run(b"import sys; sys.stdout") != repr(sys.stdout).encode()


def test_streams_stay_the_console_s_after_what_did_not_switch(server, client):
    server.locals["event"] = event = Event()
    event.set()
    assert client.run(b"gevent.sleep(0); print('here')") == b"here\n"


def test_stream_that_a_console_replaces_is_replaced_for_it_only(server, client):
    before = sys.stdout
    client.run(b"import sys, io; sys.stdout = kept = io.StringIO()")
    assert sys.stdout is before
    assert client.run(b"print('x')") == b""
    client.run(b"sys.stdout = sys.stderr")
    assert client.run(b"kept.getvalue()") == b"'x\\n'\n"


def test_stream_that_the_program_replaces_stays_replaced(server, client, monkeypatch):
    mine = io.StringIO()
    monkeypatch.setattr(sys, "stdout", mine)
    client.run(b"1")
    assert sys.stdout is mine


def test_result_of_the_last_expression_is_kept(client):
    client.run(b"6 * 7")
    assert client.run(b"_ + 1") == b"43\n"


def test_client_that_vanishes_ends_its_session_only(server, client, errors):
    with Client(server) as dying:
        dying.socket.sendall(b"while True: print('x' * 10000); gevent.sleep(0)\n\n")
        dying.socket.recv(10)
    while len(server.pool) > 1:
        gevent.sleep(0)
    assert client.run(b"1") == b"1\n"
    assert errors.getvalue() == ""


def test_client_that_closes_at_the_prompt_is_no_error(server, errors):
    with Client(server):
        pass
    while server.pool:
        gevent.sleep(0)
    assert errors.getvalue() == ""


def test_stop_kills_sessions_that_run_code(server):
    with Client(server) as waiting:
        waiting.socket.sendall(b"gevent.sleep(100)\n")
        gevent.sleep(0.001)
        server.stop(timeout=0)
        assert not server.pool
        assert waiting.socket.recv(10) == b""


def test_ctrl_c_of_telnet_interrupts_a_line(client):
    client.socket.sendall(b"1 +\xff\xf4\xff\xfd\x06")
    assert client.read_to(b">>> ") == b"\xff\xfc\x06\nKeyboardInterrupt\n>>> "
    assert client.run(b"2") == b"2\n"


def test_options_of_telnet_are_refused(client):
    client.socket.sendall(b"\xff\xfb\x1f\xff\xfa\x1f\0\x50\0\x18\xff\xf0")
    assert client.read_to(b"\x1f") == b"\xff\xfe\x1f"
    assert client.run(b"2") == b"2\n"


def test_prompts_of_the_program_are_used(monkeypatch, server):
    monkeypatch.setattr(sys, "ps1", "ready >>> ", raising=False)
    with Client(server) as client:
        assert client.run(b"1") == b"1\nready "


def test_handle_may_be_called_by_the_program(server, talk):
    class Own(BackdoorServer):
        def do_handle(self, conn, address):
            gevent.spawn(self._own, conn, address)

        def _own(self, conn, address):
            before = sys.stdout
            self.handle(conn, address)
            assert sys.stdout is before
            conn.close()

    with Own(LOCAL, banner="own") as made:
        made.start()
        assert talk(made.address, b"1\n") == b"own\n>>> 1\n>>> \n"


# -- who may connect -------------------------------------------------------------------


@pytest.mark.parametrize(
    "listener", [("", 0), ("0.0.0.0", 0), ":0", "*:0", 0, "0", ("::", 0), "host.test:0"]
)
def test_address_for_everybody_is_refused(listener):
    """Issue 14."""
    with pytest.raises(ValueError, match="allow_public=True"):
        BackdoorServer(listener)


def test_socket_for_everybody_is_refused():
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 0))
        with pytest.raises(ValueError, match="allow_public=True"):
            BackdoorServer(listener)


def test_everybody_may_connect_where_it_is_said():
    server = BackdoorServer(("0.0.0.0", 0), allow_public=True)
    assert server.address == ("0.0.0.0", 0)


@pytest.mark.parametrize(
    "listener",
    ["127.0.0.1:0", ("localhost", 0), ("::1", 0), ("127.1.2.3", 0), "[::1]:0"],
)
def test_address_of_this_machine_is_taken(listener):
    BackdoorServer(listener)


def test_unix_socket_for_one_user_is_served(tmp_path):
    path = tmp_path / "backdoor"
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with BackdoorServer(listener, banner="hi") as server:
        server.start()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(b"1\n")
            client.shutdown(socket.SHUT_WR)
            found = b"".join(iter(lambda: client.recv(100), b""))
    assert found == b"hi\n>>> 1\n>>> \n"


# -- the command -----------------------------------------------------------------------


def test_command_without_a_port_prints_how_it_is_used():
    done = subprocess.run(
        [sys.executable, "-m", "gevent.backdoor"], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stdout.startswith("USAGE: ")
    assert done.stdout.endswith("PORT [banner]\n")


def test_command_serves_until_it_is_told_to_stop():
    with socket.create_server(LOCAL) as unused:
        port = unused.getsockname()[1]
    command = [sys.executable, "-m", "gevent.backdoor", str(port), "the banner"]
    with subprocess.Popen(command) as process:
        while True:
            try:
                client = socket.create_connection(("127.0.0.1", port))
                break
            except ConnectionRefusedError:
                gevent.sleep(0.01)
        with client:
            assert client.recv(100).startswith(b"the banner\n")
            process.terminate()
            assert process.wait() == 0
