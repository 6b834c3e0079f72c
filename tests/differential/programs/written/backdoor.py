"""Programs about ``gevent.backdoor``."""

from __future__ import annotations

import sys

from differential import each

import gevent
from gevent import backdoor, socket

MODULE = "gevent.backdoor"


def _make(case, **options):
    made = backdoor.BackdoorServer(("127.0.0.1", 0), **options)
    made.start()
    case.hide(made.address[1], "PORT")
    return made


def _talk(made, data):
    with socket.create_connection(made.address, timeout=1) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(1000), b"")).decode()


@each(
    b"1 + 1\n",
    b"1 + 1\r\nprint(2)\r\n",
    b"if 1:\r\n  print(3)\r\n\r\n",
    b"1/0\n",
    b"def f(:\n",
    b"quit()\n1\n",
    b"exit(3)\n",
    b"raise SystemExit('bye')\n",
    b"sorted(locals())\n",
    b"input('? ')\nhello\n",
    b"import sys; sys.stdin.isatty(), sys.stdout.encoding\n",
    b"import sys; sys.stdin.readline()\nabc\n",
    b"'\xc3\xa9'\n",
    b"x = 1",
    b"",
    b"raise KeyboardInterrupt\n2\n",
    b"raise __import__('gevent').GreenletExit\n2\n",
    b"__name__, __doc__\n",
    b"exit\n",
    b"name\nname = 2\nname\n",
    b"6 * 7\n_\n",
    b"print('\\ud800')\n",
    b"\x04\n1\n",
    b"import gevent; gevent.sleep(0); print('back')\n",
)
def a_line(case, data):
    made = _make(case, banner="hi", locals={"name": 1})
    case.show("printed", _talk(made, data))
    case.show("locals", sorted(made.locals))
    made.stop()


def without_a_banner(case):
    made = _make(case)
    case.show("printed", _talk(made, b"").splitlines()[1:])
    made.stop()


def streams_of_others(case):
    made = _make(case, banner="hi")
    before = sys.stdin, sys.stdout, sys.stderr
    talking = gevent.spawn(_talk, made, b"import gevent; gevent.sleep(0.01)\n1\n")
    same = []
    while not talking.ready():
        same.append((sys.stdin, sys.stdout, sys.stderr) == before)
        gevent.sleep(0.001)
    case.show("same", set(same))
    case.show("printed", talking.get())
    made.stop()


def stopped_while_a_client_is_there(case):
    made = _make(case, banner="hi")
    client = socket.create_connection(made.address, timeout=1)
    case.show("greeting", client.recv(100))
    made.stop(timeout=0)
    case.call(client.recv, 1)
    client.close()
    case.attributes(made, "started", "closed")


@each({"spawn": 1}, {"backlog": 5}, {"nosuch": 1}, {"banner": 5}, {"locals": 5})
def an_option(case, options):
    made = case.named_call(
        "made", lambda: backdoor.BackdoorServer(("127.0.0.1", 0), **options)
    )
    if made is not None:
        case.attributes(made, "banner", "backlog", "ssl_enabled")


@each(("0.0.0.0", 0), ("", 0), ":0", 0)
def a_public_address(case, listener):
    made = case.named_call("made", lambda: backdoor.BackdoorServer(listener).family)
    case.show("made", made)
