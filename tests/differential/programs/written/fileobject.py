"""Programs about ``gevent.fileobject``: pipes and regular files."""

from __future__ import annotations

import io
import os
import tempfile

from differential import each

import gevent
from gevent import fileobject
from gevent.fileobject import FileObjectBlock, FileObjectPosix, FileObjectThread

MODULE = "gevent.fileobject"

KINDS = (FileObjectPosix, FileObjectThread, FileObjectBlock)


def _pipe(kind, mode="r", **options):
    reading, writing = os.pipe()
    if "w" in mode:
        return kind(writing, mode, **options), reading
    return kind(reading, mode, **options), writing


def _name(kind):
    return kind.__name__


@each("FileObjectPosix", "FileObjectThread", "FileObjectBlock")
def lines(case, kind):
    kind = getattr(fileobject, kind)
    for mode in ("r", "rb"):
        file, writing = _pipe(kind, mode)
        os.write(writing, b"one\ntwo\n\nthree\r\nlast")
        os.close(writing)
        case.call(file.readline)
        case.call(file.readline, 2)
        case.call(file.read, 3)
        case.call(next, file)
        case.call(file.readlines)
        case.call(file.readline)
        case.call(file.read)
        case.call(next, file)
        case.call(file.close)
        case.call(file.close)


@each("FileObjectPosix", "FileObjectThread", "FileObjectBlock")
def written(case, kind):
    kind = getattr(fileobject, kind)
    for mode, data in (("w", "xy\n"), ("wb", b"xy\n")):
        file, reading = _pipe(kind, mode)
        case.call(file.write, data)
        case.call(file.writelines, [data, data])
        case.call(file.flush)
        case.call(os.read, reading, 20)
        case.call(file.write, 5)
        case.call(file.write, b"b" if mode == "w" else "t")
        case.named_call("read", lambda file=file: file.read(1))
        case.call(file.close)
        case.call(os.read, reading, 20)
        os.close(reading)


@each("FileObjectPosix", "FileObjectThread", "FileObjectBlock")
def attributes(case, kind):
    kind = getattr(fileobject, kind)
    for mode in ("r", "rb", "w", "wb"):
        file, other = _pipe(kind, mode)
        case.attributes(
            file, "closed", "mode", "encoding", "newlines", "nosuch", "default_bufsize"
        )
        case.show("name", isinstance(file.name, int))
        for name in ("readable", "writable", "seekable", "isatty", "tell"):
            case.named_call(name, getattr(file, name))
        case.show("bool", bool(file))
        case.named_call("seek", lambda file=file: file.seek(0))
        case.named_call("truncate", lambda file=file: file.truncate())
        file.close()
        case.attributes(file, "closed", "mode", "name", "nosuch")
        os.close(other)


@each("FileObjectPosix", "FileObjectThread", "FileObjectBlock")
def after_close(case, kind):
    kind = getattr(fileobject, kind)
    for mode in ("r", "rb", "w"):
        file, other = _pipe(kind, mode)
        file.close()
        for name, arguments in (
            ("read", ()),
            ("readline", ()),
            ("write", ("x",)),
            ("flush", ()),
            ("fileno", ()),
            ("__next__", ()),
            ("readable", ()),
            ("__enter__", ()),
            ("tell", ()),
            ("seek", (0,)),
        ):
            case.named_call(
                name, lambda n=name, a=arguments, f=file: getattr(f, n)(*a) and None
            )
        case.show("bool", bool(file))
        os.close(other)


@each(
    "r",
    "rb",
    "w",
    "wb",
    "a",
    "x",
    "r+",
    "rb+",
    "w+",
    "rt",
    "U",
    "rU",
    "",
    "b",
    "z",
    "rw",
    "rr",
    "bt",
    "Uw",
    None,
    5,
)
def a_mode(case, mode):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "f")
        if mode != "x":
            with open(path, "w") as file:
                file.write("content\n")
        for kind in KINDS:
            case.named_call(_name(kind), _use, kind, path, mode)


def _use(kind, path, mode):
    with kind(path, mode) as file:
        found = [file.mode, file.readable(), file.writable(), file.seekable()]
        if file.readable():
            found.append(file.read())
        if file.writable():
            found.append(file.write(b"x" if "b" in mode else "x"))
        return found


@each(0, 1, 2, 100, -1, -2, None, "x", 1.5)
def buffering(case, size):
    for kind in KINDS:
        for mode in ("r", "rb", "w", "wb"):

            def use(kind=kind, mode=mode):
                file, other = _pipe(kind, mode, buffering=size)
                name = type(file.io).__name__
                if "w" in mode:
                    file.write(b"x\n" if "b" in mode else "x\n")
                    os.set_blocking(other, False)
                    try:
                        name = os.read(other, 5)
                    except BlockingIOError:
                        name = "kept"
                else:
                    os.write(other, b"ab\n")
                    name = file.read(1)
                file.close()
                os.close(other)
                return name

            case.named_call(f"{_name(kind)} {mode}", use)


@each(
    {"bufsize": 5},
    {"bufsize": 5, "buffering": 5},
    {"close": False},
    {"close": True, "closefd": 1},
    {"nosuch": 1},
    {"encoding": "ascii"},
    {"encoding": "nosuch"},
    {"encoding": 5},
    {"errors": "ignore"},
    {"errors": "nosuch"},
    {"newline": "\n"},
    {"newline": "x"},
    {"newline": 5},
    {"lock": True},
    {"lock": False},
    {"lock": 5},
    {"threadpool": None},
)
def options(case, given):
    for kind in KINDS:
        for mode in ("r", "rb"):

            def use(kind=kind, mode=mode):
                file, other = _pipe(kind, mode, **given)
                os.write(other, b"bl\xc3\xa9\r\n")
                os.close(other)
                return file.read()

            case.named_call(f"{_name(kind)} {mode}", use)


@each(
    -1,
    9999,
    2**40,
    None,
    "/nosuch/file",
    "/",
    b"/etc/hostname",
    1.5,
    [],
    io.BytesIO(b"ab"),
    io.StringIO("ab"),
    object(),
    True,
)
def what_is_opened(case, thing):
    for kind in KINDS:
        case.named_call(_name(kind), lambda kind=kind: kind(thing, "rb").read(0))
        case.named_call(_name(kind), lambda kind=kind: kind(thing).read(0))


@each("FileObjectPosix", "FileObjectThread", "FileObjectBlock")
def whose_descriptor_stays_open(case, kind):
    kind = getattr(fileobject, kind)
    reading, writing = os.pipe()
    file = kind(reading, "rb", closefd=False)
    os.write(writing, b"abc")
    case.call(file.read, 3)
    file.close()
    case.named_call("open", lambda: os.fstat(reading) and True)
    file = kind(reading, "rb")
    file.close()
    case.named_call("open", lambda: os.fstat(reading) and True)


@each("FileObjectPosix", "FileObjectThread", "FileObjectBlock")
def around_a_file_object(case, kind):
    kind = getattr(fileobject, kind)
    for closes in (True, False):
        with tempfile.TemporaryFile("w+b") as inner:
            inner.write(b"abc")
            inner.seek(0)
            file = kind(inner, "rb", closefd=closes)
            case.call(file.read)
            case.call(file.close)
            case.show("closed", inner.closed)


@each("FileObjectPosix", "FileObjectThread", "FileObjectBlock")
def a_regular_file(case, kind):
    kind = getattr(fileobject, kind)
    with tempfile.NamedTemporaryFile() as temporary:
        file = kind(temporary.name, "w+")
        case.call(file.write, "hello\nworld\n")
        case.call(file.tell)
        case.call(file.seek, 0)
        case.call(file.readline)
        case.call(file.tell)
        case.call(file.read)
        case.call(file.seek, 3)
        case.call(file.truncate)
        case.call(file.seek, 0, 2)
        case.call(file.write, "!")
        case.call(file.flush)
        case.call(temporary.read)
        case.call(file.seek, -1)
        case.call(file.seek, 0, 9)
        file.close()


@each("FileObjectPosix", "FileObjectThread", "FileObjectBlock")
def unbuffered(case, kind):
    kind = getattr(fileobject, kind)
    file, writing = _pipe(kind, "rb", buffering=0)
    os.write(writing, b"abcdef")
    for name, arguments in (
        ("read", (2,)),
        ("read", ("x",)),
        ("read", (1.5,)),
        ("readinto", (bytearray(2),)),
        ("readinto", (b"ab",)),
        ("write", (b"x",)),
        ("readline", ()),
    ):
        if name == "readline":
            os.close(writing)
        case.named_call(name, lambda n=name, a=arguments: getattr(file, n)(*a))
    file.close()
    file, reading = _pipe(kind, "wb", buffering=0)
    for name, arguments in (
        ("read", ("x",)),
        ("read", (1,)),
        ("read", ()),
        ("write", ("text",)),
        ("write", (b"ab",)),
        ("readinto", (bytearray(2),)),
        ("write", (memoryview(b"abcd")[::2],)),
        ("write", (5,)),
    ):
        case.named_call(name, lambda n=name, a=arguments: getattr(file, n)(*a))
    file.close()
    case.call(os.read, reading, 10)


def a_read_that_waits(case):
    file, writing = _pipe(FileObjectPosix, "r")
    gevent.spawn_later(0.005, os.write, writing, b"late\n")
    case.call(file.readline)
    with gevent.Timeout(0.005, False):
        file.readline()
        case.show("not", "reached")
    os.write(writing, b"more\n")
    case.call(file.readline)


def nobody_reads(case):
    file, reading = _pipe(FileObjectPosix, "wb", buffering=0)
    os.close(reading)
    case.call(file.write, b"x")
    case.call(file.close)
    file, reading = _pipe(FileObjectPosix, "wb")
    os.close(reading)
    case.call(file.write, b"x")
    case.call(file.flush)
    case.call(file.close)
    case.attributes(file, "closed")


def collected(case):
    reading, _writing = os.pipe()
    file = FileObjectPosix(reading, "rb")
    del file
    case.named_call("open", lambda: os.fstat(reading) and True)


def killed_while_it_reads(case):
    file, writing = _pipe(FileObjectPosix, "r")
    reader = gevent.spawn(file.readline)
    gevent.sleep(0.002)
    reader.kill()
    case.show("value", reader.value)
    os.write(writing, b"whole\n")
    case.call(file.readline)


def two_readers(case):
    file, writing = _pipe(FileObjectPosix, "rb", buffering=0)
    first = gevent.spawn(file.read, 5)
    gevent.sleep(0.002)
    with gevent.Timeout(0.05, False):
        try:
            file.read(5)
        except AssertionError as error:
            case.show("second", type(error))
    os.write(writing, b"x")
    case.call(first.get)


def closed_while_it_reads(case):
    file, _writing = _pipe(FileObjectPosix, "rb", buffering=0)
    reader = gevent.spawn(file.read, 5)
    gevent.sleep(0.002)
    case.call(file.close)
    case.call(reader.get, timeout=0.1)


def unreadable_text(case):
    for errors in (None, "replace", "ignore"):
        file, writing = _pipe(FileObjectPosix, "r", encoding="ascii", errors=errors)
        os.write(writing, b"a\xffb\n")
        os.close(writing)
        case.call(file.readline)


@each("\n", "", "\r", "\r\n", None)
def newlines(case, newline):
    for kind in KINDS:
        file, writing = _pipe(kind, "r", newline=newline)
        os.write(writing, b"a\r\nb\rc\nd")
        os.close(writing)
        case.named_call(_name(kind), list, file)


def much_through_a_pipe(case):
    reading, writing = os.pipe()
    source, sink = FileObjectPosix(writing, "wb"), FileObjectPosix(reading, "rb")

    def write():
        with source:
            source.write(b"x" * 500_000)

    writer = gevent.spawn(write)
    case.named_call("length", lambda: len(sink.read()))
    case.call(writer.get)


def printed(case):
    file, _writing = _pipe(FileObjectPosix, "rb")
    case.hide(file.fileno(), "NUMBER")
    case.show("open", file)
    file.close()
    case.show("closed", repr(file).startswith("<FileObjectPosix at 0x"))
