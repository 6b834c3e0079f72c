"""Programs with servers and clients of the standard library, patched and unpatched."""

# ruff: noqa: SIM117 - a server, then what is done with it
from __future__ import annotations

import contextlib
import ftplib
import http.client
import http.server
import imaplib
import io
import json
import poplib
import select
import selectors
import smtplib
import socket
import socketserver
import telnetlib
import threading
import time
import urllib.error
import urllib.request
import xmlrpc.client
import xmlrpc.server

from differential import each, limit

MODULE = "gevent.monkey"
PATCHED = True


@contextlib.contextmanager
def _serving(server):
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Upper(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.upper())


class Failing(socketserver.BaseRequestHandler):
    def handle(self):
        raise ValueError("handler")


class Threaded(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = False
    allow_reuse_address = True


@each("TCPServer", "ThreadingTCPServer")
def lines(case, kind):
    server = getattr(socketserver, kind)(("127.0.0.1", 0), Upper)
    with _serving(server) as address, socket.create_connection(address) as sock:
        sock.sendall(b"one\ntwo\n")
        sock.shutdown(socket.SHUT_WR)
        with sock.makefile("rb") as file:
            case.show("answer", file.read())


def many_clients_at_once(case):
    with _serving(Threaded(("127.0.0.1", 0), Upper)) as address:
        socks = [socket.create_connection(address) for _ in range(5)]
        for number, sock in enumerate(socks):
            sock.sendall(b"x%d\n" % number)
        case.show("answers", [sock.recv(100) for sock in socks])
        for sock in socks:
            sock.close()


def a_handler_fails(case):
    class Quiet(Threaded):
        def handle_error(self, request, client_address):
            import sys

            case.show("error", sys.exc_info()[1])

    with _serving(Quiet(("127.0.0.1", 0), Failing)) as address:
        with socket.create_connection(address) as sock:
            case.show("answer", sock.recv(10))


def datagrams(case):
    class Echo(socketserver.BaseRequestHandler):
        def handle(self):
            data, sock = self.request
            sock.sendto(data[::-1], self.client_address)

    with _serving(socketserver.ThreadingUDPServer(("127.0.0.1", 0), Echo)) as address:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(2)
            sock.sendto(b"abc", address)
            case.show("answer", sock.recv(10))


def handle_one_request(case):
    with socketserver.TCPServer(("127.0.0.1", 0), Upper) as server:
        server.timeout = 0.005
        server.handle_timeout = lambda: case.show("timed out", True)
        case.call(server.handle_request)


def shutdown_from_a_handler(case):
    class Stopping(socketserver.BaseRequestHandler):
        def handle(self):
            threading.Thread(target=self.server.shutdown).start()

    server = Threaded(("127.0.0.1", 0), Stopping)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    socket.create_connection(server.server_address).close()
    thread.join()
    server.server_close()
    case.call(thread.is_alive)


def address_in_use(case):
    with socketserver.TCPServer(("127.0.0.1", 0), Upper) as server:
        case.call(socketserver.TCPServer, server.server_address, Upper)


# -- HTTP --------------------------------------------------------------------------


class Web(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("content-length") or 0)
        body = json.dumps([self.command, self.path, self.rfile.read(length).decode()])
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *args):
        pass


class Slow(Web):
    def answer(self):
        time.sleep(0.2)

    do_GET = answer


@each("HTTPServer", "ThreadingHTTPServer")
def urlopen(case, kind):
    with _serving(getattr(http.server, kind)(("127.0.0.1", 0), Web)) as address:
        base = f"http://127.0.0.1:{address[1]}"
        with urllib.request.urlopen(base + "/path") as response:
            case.show("status", response.status)
            case.show("body", response.read())
        with urllib.request.urlopen(base + "/post", b"data") as response:
            case.show("body", response.read())
        try:
            urllib.request.urlopen(base + "/missing")
        except urllib.error.HTTPError as error:
            with error:
                case.show("error", error)


def urlopen_times_out(case):
    with _serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)) as address:
        case.call(
            urllib.request.urlopen, f"http://127.0.0.1:{address[1]}/", timeout=0.02
        )


def urlopen_refused(case):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        case.call(
            urllib.request.urlopen, f"http://127.0.0.1:{unused.getsockname()[1]}/"
        )


def kept_alive(case):
    with _serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)) as address:
        connection = http.client.HTTPConnection(*address)
        for path in ("/a", "/b"):
            connection.request("GET", path)
            response = connection.getresponse()
            case.show(path, (response.status, response.read()))
        connection.request("GET", "/c")
        case.call(connection.request, "GET", "/d")
        connection.close()


def many_requests_at_once(case):
    with _serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)) as address:
        seen = []

        def fetch(number):
            url = f"http://127.0.0.1:{address[1]}/{number}"
            with urllib.request.urlopen(url) as response:
                seen.append(json.load(response)[1])

        threads = [threading.Thread(target=fetch, args=(n,)) for n in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        case.show("seen", sorted(seen))


def static_files(case):
    handler = http.server.SimpleHTTPRequestHandler
    handler.log_message = lambda *args: None
    with _serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)) as where:
        base = f"http://127.0.0.1:{where[1]}"
        with urllib.request.urlopen(base + "/worker.py") as response:
            case.show("type", response.headers["content-type"])
            case.show("start", response.read(10))


def xmlrpc_calls(case):
    server = xmlrpc.server.SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False)
    server.register_function(pow)
    server.register_function(lambda: 1 / 0, "fails")
    with _serving(server) as address:
        with xmlrpc.client.ServerProxy(f"http://127.0.0.1:{address[1]}") as proxy:
            case.named_call("pow", lambda: proxy.pow(2, 5))
            case.named_call("fails", lambda: proxy.fails())
            case.named_call("missing", lambda: proxy.missing())


# -- scripted servers -----------------------------------------------------------------


@contextlib.contextmanager
def _scripted(greeting, answers):
    """Answer each line by its first word."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(greeting)
            data = False
            for line in self.rfile:
                if data:
                    if line.strip() == b".":
                        data = False
                        self.wfile.write(b"250 kept\r\n")
                    continue
                words = line.split() or [b""]
                word = words[1] if b"*" in answers else words[0]
                answer = answers.get(word.upper(), answers.get(b"", b"500 what\r\n"))
                if callable(answer):
                    answer = answer(words)
                self.wfile.write(answer)
                data = word.upper() == b"DATA"
                if word.upper() in (b"QUIT", b"LOGOUT"):
                    break

    with _serving(Threaded(("127.0.0.1", 0), Handler)) as address:
        yield address


def mail_is_sent(case):
    answers = {
        b"EHLO": b"250-here\r\n250 SIZE 1000\r\n",
        b"MAIL": b"250 ok\r\n",
        b"RCPT": b"250 ok\r\n",
        b"DATA": b"354 go\r\n",
        b"QUIT": b"221 bye\r\n",
        b"NOOP": b"250 ok\r\n",
    }
    with _scripted(b"220 hello\r\n", answers) as address:
        with smtplib.SMTP(*address, local_hostname="me", timeout=3) as client:
            case.call(client.ehlo)
            case.call(client.noop)
            case.call(client.sendmail, "a@b", ["c@d"], "text\n.dot\n")
            case.call(client.verify, "x")
            case.call(client.starttls)


def mail_is_refused(case):
    with _scripted(b"554 no\r\n", {}) as address:
        case.call(smtplib.SMTP, *address, timeout=3)


def mail_server_is_silent(case):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        case.call(smtplib.SMTP, *listener.getsockname(), timeout=0.01)


def files_are_fetched(case):
    with socket.create_server(("127.0.0.1", 0)) as data:
        port = data.getsockname()[1]

        def send(words):
            def work():
                conn, _ = data.accept()
                with conn:
                    conn.sendall(b"one\r\ntwo\r\n")

            threading.Thread(target=work).start()
            return b"150 coming\r\n226 done\r\n"

        answers = {
            b"USER": b"331 password\r\n",
            b"PASS": b"230 in\r\n",
            b"TYPE": b"200 ok\r\n",
            b"PASV": b"227 (127,0,0,1,%d,%d)\r\n" % divmod(port, 256),
            b"EPSV": b"229 (|||%d|)\r\n" % port,
            b"RETR": send,
            b"PWD": b'257 "/here"\r\n',
            b"QUIT": b"221 bye\r\n",
        }
        with _scripted(b"220 hello\r\n", answers) as address:
            client = ftplib.FTP()
            case.call(client.connect, *address, 3)
            case.call(client.login)
            lines = []
            case.call(client.retrlines, "RETR x", lines.append)
            case.show("lines", lines)
            case.call(client.pwd)
            case.call(client.cwd, "nowhere")
            case.call(client.quit)


def mailbox_is_read(case):
    def tagged(text):
        return lambda words: text.replace(b"TAG", words[0])

    answers = {
        b"*": b"",
        b"CAPABILITY": tagged(b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n"),
        b"LOGIN": tagged(b"TAG OK in\r\n"),
        b"SELECT": tagged(b"* 3 EXISTS\r\nTAG OK [READ-WRITE] done\r\n"),
        b"NOOP": tagged(b"TAG NO not now\r\n"),
        b"LOGOUT": tagged(b"* BYE bye\r\nTAG OK done\r\n"),
    }
    with _scripted(b"* OK hello\r\n", answers) as address:
        client = imaplib.IMAP4(*address, timeout=3)
        case.call(client.login, "me", "secret")
        case.call(client.select)
        case.call(client.noop)
        case.call(client.logout)


def post_is_fetched(case):
    answers = {
        b"USER": b"+OK\r\n",
        b"PASS": b"+OK\r\n",
        b"STAT": b"+OK 2 300\r\n",
        b"LIST": b"+OK\r\n1 100\r\n2 200\r\n.\r\n",
        b"QUIT": b"+OK\r\n",
        b"": b"-ERR what\r\n",
    }
    with _scripted(b"+OK hello\r\n", answers) as address:
        client = poplib.POP3(*address, timeout=3)
        case.call(client.user, "me")
        case.call(client.pass_, "secret")
        case.call(client.stat)
        case.call(client.list)
        case.call(client.dele, 1)
        case.call(client.quit)


def talked_to(case):
    with _scripted(b"login: ", {b"ME": b"hello me\r\n", b"QUIT": b""}) as address:
        with telnetlib.Telnet(*address, timeout=3) as client:
            case.call(client.read_until, b"login: ", 2)
            client.write(b"me\n")
            case.call(client.read_until, b"\n", 2)
            client.write(b"quit\n")
            case.call(client.read_all)


# -- select ------------------------------------------------------------------------


def selected(case):
    left, right = socket.socketpair()
    case.named_call("none", lambda: select.select([left], [], [], 0.001))
    threading.Timer(0.002, right.send, (b"x",)).start()
    case.named_call("one", lambda: len(select.select([left], [], [], 3)[0]))
    case.named_call("write", lambda: len(select.select([], [left], [])[1]))
    left.close()
    right.close()
    case.call(select.select, [left], [], [], 0)


@each("DefaultSelector", "SelectSelector", "PollSelector")
def selector(case, kind):
    left, right = socket.socketpair()
    with getattr(selectors, kind)() as made:
        made.register(left, selectors.EVENT_READ, "data")
        case.named_call("none", made.select, 0.001)
        threading.Timer(0.002, right.send, (b"x",)).start()
        case.named_call(
            "one", lambda: [(key.data, events) for key, events in made.select(3)]
        )
        case.call(made.register, left, selectors.EVENT_READ)
        made.unregister(left)
        case.named_call("again", lambda: made.unregister(left))
        case.named_call("empty", made.select, 0)
    left.close()
    right.close()


def polled(case):
    left, right = socket.socketpair()
    made = select.poll()
    made.register(left, select.POLLIN)
    case.call(made.poll, 1)
    right.send(b"x")
    case.named_call("one", lambda: [events for _, events in made.poll(2000)])
    made.unregister(left)
    case.call(made.poll, 0)
    left.close()
    right.close()


@limit(10)
def connections_of_processes(case):
    import multiprocessing.connection

    with multiprocessing.connection.Listener(
        ("127.0.0.1", 0), authkey=b"k"
    ) as listener:

        def serve():
            with listener.accept() as conn:
                conn.send(conn.recv() * 2)

        thread = threading.Thread(target=serve)
        thread.start()
        with multiprocessing.connection.Client(listener.address, authkey=b"k") as conn:
            conn.send(21)
            case.call(conn.recv)
            case.call(conn.recv)
        thread.join()


@limit(10)
@each("fork", "spawn")
def processes(case, method):
    import multiprocessing

    context = multiprocessing.get_context(method)
    ours, theirs = context.Pipe()
    process = context.Process(target=theirs.send, args=("sent",))
    process.start()
    case.call(ours.recv)
    process.join()
    case.attributes(process, "exitcode", "name")
    ours.close()
    theirs.close()


def text_through_a_socket_file(case):
    left, right = socket.socketpair()
    with left, right:
        right.sendall(b"one\ntwo\n")
        right.shutdown(socket.SHUT_WR)
        with left.makefile("r") as file:
            case.show("lines", list(file))
    case.show("kind", isinstance(file, io.TextIOWrapper))
