# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False, binding=True
"""HTTP replies: what applications give is checked, heads are made, parts are sent.

What is checked here cannot split a reply: a status is three digits, a space and a
reason; a name is a token; reason and values have no control characters but the tab.

The bytes of statuses and names are kept by their text, N_KNOWN of each and none longer
than LONGEST_KNOWN: those of an application are few. The time is made into text once a
second. All of that is the process's and changes with the GIL held, no code in between.

What is declared ``noexcept`` compares C values and cannot raise.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_CheckExact,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.dict cimport PyDict_GetItem
from cpython.list cimport PyList_CheckExact, PyList_GET_ITEM, PyList_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject
from cpython.tuple cimport PyTuple_CheckExact, PyTuple_GET_ITEM, PyTuple_GET_SIZE
from libc.errno cimport EAGAIN, errno
from libc.limits cimport LLONG_MAX
from libc.string cimport memcpy, memset

from gevent._native.io.descriptor cimport raise_code, raise_errno
from gevent._native.library.loop_ops cimport WRITE
from gevent._native.scheduling.scheduler cimport Scheduler
from gevent._native.io.socket.send cimport SendingSocket

import re

cdef extern from "Python.h":
    bint PyUnicode_CheckExact(object)
    int PyUnicode_KIND(object)
    void* PyUnicode_DATA(object)
    Py_ssize_t PyUnicode_GET_LENGTH(object)

cdef extern from *:
    """
    #include <limits.h>
    #include <stdio.h>
    #include <sys/uio.h>
    #include <time.h>

    #include "io/sockets.h"

    /* Linux and macOS take 1,024 parts at a time. */
    enum { GEVENT_PARTS = 1024 };

    /* Seconds since the epoch, as the coarse clock has them where there is one. */
    static inline long long
    gevent_second(void)
    {
        struct timespec now;
    #ifdef CLOCK_REALTIME_COARSE
        if (clock_gettime(CLOCK_REALTIME_COARSE, &now) == 0)
            return now.tv_sec;
    #endif
        return time(NULL);
    }

    /* A date of RFC 9110 into 30 octets; 0 if there is none. */
    static inline int
    gevent_date(long long second, char *text)
    {
        static const char days[] = "SunMonTueWedThuFriSat";
        static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
        time_t moment = (time_t)second;
        struct tm parts;
        if (!gmtime_r(&moment, &parts) || parts.tm_year < -1900
            || parts.tm_year > 8099)
            return 0;
        return snprintf(text, 30, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
                        days + 3 * parts.tm_wday, parts.tm_mday,
                        months + 3 * parts.tm_mon, parts.tm_year + 1900,
                        parts.tm_hour, parts.tm_min, parts.tm_sec);
    }

    /* The size line of a chunk into 18 octets; returns its length. */
    static inline int
    gevent_hex(size_t size, char *text)
    {
        int n = 1, i;
        while (n < 16 && size >> (4 * n))
            n++;
        for (i = n; i--; size >>= 4)
            text[i] = "0123456789abcdef"[size & 15];
        text[n] = 13;
        text[n + 1] = 10;
        return n + 2;
    }

    /* Whether 8 octets are all in a value, the tab apart: none is below 0x20, where
     * 0x20 is taken from each, or is 0x7f. The usual test for a zero among 8. */
    static inline int
    gevent_is_text(const unsigned char *text)
    {
        const unsigned long long ones = ~0ULL / 255;
        unsigned long long octets, deleted;
        memcpy(&octets, text, 8);
        deleted = octets ^ (ones * 0x7f);
        return !((((octets - ones * 0x20) & ~octets) | ((deleted - ones) & ~deleted))
                 & (ones * 0x80));
    }

    /* sendmsg of parts; *size* decides whether it keeps the GIL. */
    static Py_ssize_t
    gevent_send_parts(int fd, struct iovec *parts, Py_ssize_t n, size_t size)
    {
        struct msghdr message;
        Py_ssize_t sent;
        memset(&message, 0, sizeof message);
        message.msg_iov = parts;
        message.msg_iovlen = n < GEVENT_PARTS ? n : GEVENT_PARTS;
        GEVENT_CALL(sent, size, sendmsg(fd, &message, GEVENT_NOSIGNAL));
        return sent;
    }
    """
    struct iovec:
        void* iov_base
        size_t iov_len

    long long gevent_second() noexcept
    int gevent_date(long long second, char* text) noexcept
    int gevent_hex(size_t size, char* text) noexcept
    bint gevent_is_text(const unsigned char* text) noexcept
    Py_ssize_t gevent_send_parts(
        int fd, iovec* parts, Py_ssize_t n, size_t size
    ) noexcept

# Flags of checked_headers().
HAS_DATE = 1
HAS_LENGTH = 2
HAS_CLOSE = 4
DROPPED = 8

cdef enum:
    C_HAS_DATE = 1
    C_HAS_LENGTH = 2
    C_HAS_CLOSE = 4
    C_DROPPED = 8

LAST_CHUNK = b"0\r\n\r\n"

cdef enum:
    # Octets. Up to here parts are copied together: costs less than what it saves.
    C_JOINED = 16384
    # Octets. Copying so much takes longer than a system call: meanwhile the peer may
    # have made room, which a wait would tell only when it is a third of the buffer.
    TIME_TO_MAKE_ROOM = 65536
    N_KNOWN = 512
    LONGEST_KNOWN = 64

JOINED = C_JOINED

cdef enum:
    ORDINARY
    DATE
    LENGTH
    CONNECTION
    HOP_BY_HOP

cdef enum:
    # Classes of octets.
    IN_TOKEN = 1
    IN_VALUE = 2

cdef dict KINDS = {
    b"date": DATE,
    b"content-length": LENGTH,
    b"connection": CONNECTION,
    b"transfer-encoding": HOP_BY_HOP,
    b"keep-alive": HOP_BY_HOP,
    b"te": HOP_BY_HOP,
    b"trailer": HOP_BY_HOP,
    b"upgrade": HOP_BY_HOP,
}

cdef object has_close = re.compile(
    rb"(?:^|,)[ \t]*close[ \t]*(?:,|$)", re.IGNORECASE
).search

cdef unsigned char[256] classes


cdef int fill_classes() except -1:
    cdef int octet
    memset(classes, 0, sizeof(classes))
    for octet in b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        classes[octet] = IN_TOKEN
    for octet in b"abcdefghijklmnopqrstuvwxyz":
        classes[octet] = IN_TOKEN
    for octet in range(256):
        if octet == 9 or 32 <= octet < 127 or octet > 127:
            classes[octet] |= IN_VALUE
    return 0


fill_classes()

cdef dict known_statuses = {}           # str -> bytes
cdef dict known_names = {}              # str -> _Name
cdef long long last_second = -1
cdef bytes last_date = None


cdef class _Name:
    """A name of a header that was checked."""

    cdef bytes raw
    cdef int kind

    def __cinit__(self, bytes raw, int kind):
        self.raw = raw
        self.kind = kind


class NotNative(TypeError, UnicodeError):
    """A status, name or value that is no ``str``."""


cpdef bytes status_line(object status):
    """Check the status of a reply.

    Args:
        status: Three digits, a space and a reason.

    Returns:
        The same as bytes.

    Raises:
        TypeError: It is no str; this is a UnicodeError, too.
        UnicodeError: It is not latin-1.
        ValueError: It has another form, or a control character.
    """
    cdef bytes raw
    cdef const unsigned char* text
    cdef PyObject* known
    if PyUnicode_CheckExact(status):
        known = PyDict_GetItem(known_statuses, status)
        if known != NULL:
            return <bytes>known
    raw = encoded(status, "status")
    text = <const unsigned char*>PyBytes_AS_STRING(raw)
    if not (
        PyBytes_GET_SIZE(raw) >= 4
        and b"1" <= text[0] <= b"9"
        and b"0" <= text[1] <= b"9"
        and b"0" <= text[2] <= b"9"
        and text[3] == b" "
        and are_all(IN_VALUE, text, PyBytes_GET_SIZE(raw))
    ):
        raise ValueError(
            f"status must be three digits, a space and a reason, not {status!r}"
        )
    if len(known_statuses) < N_KNOWN and PyBytes_GET_SIZE(raw) <= LONGEST_KNOWN:
        known_statuses[str.__str__(status)] = raw
    return raw


cpdef int code_of(bytes status) except -1:
    """Return the number of a status from :func:`status_line`."""
    cdef const unsigned char* text
    if status is None:
        raise TypeError("status must be bytes, not None")
    text = <const unsigned char*>PyBytes_AS_STRING(status)
    return (text[0] - 48) * 100 + (text[1] - 48) * 10 + text[2] - 48


cdef class Fields:
    """The checked headers of a reply.

    Attributes:
        pairs: Names and values as bytes, in their order and case.
        flags: HAS_DATE, HAS_LENGTH; HAS_CLOSE, there is one ``Connection: close``, and
            of that name no other; DROPPED, there was one that the application has no
            say in.
        length: The number in Content-Length; -1: there is none.
    """


def checked_headers(headers, *, bint keep_hop_by_hop=False):
    """As :func:`checked_fields`, for who asks for two of the three: pairs and flags."""
    cdef Fields fields = checked_fields(headers, keep_hop_by_hop)
    return fields.pairs, fields.flags


cpdef Fields checked_fields(object headers, bint keep_hop_by_hop):
    """Check the headers of an application.

    Args:
        headers: A list, or another iterable, of pairs of str.
        keep_hop_by_hop: Whether what is between this server and the client is left to
            the application: it is with status 101.

    Raises:
        TypeError: They are no pairs, or these are not of str (this is a UnicodeError,
            too).
        UnicodeError: A text is not latin-1.
        ValueError: A name is no token, a value has a control character, or
            Content-Length is not digits or was given before.
    """
    cdef Fields made = Fields.__new__(Fields)
    cdef list pairs = []
    cdef long long length = -1
    cdef int flags = 0
    cdef _Name name
    cdef bytes raw
    for item in listed(headers):
        if PyTuple_CheckExact(item) and PyTuple_GET_SIZE(item) == 2:
            text = <object>PyTuple_GET_ITEM(item, 0)
            value = <object>PyTuple_GET_ITEM(item, 1)
        else:
            text, value = pair_of(item)
        name = checked_name(text)
        raw = checked_value(text, value)
        if name.kind != ORDINARY:
            if name.kind == DATE:
                flags |= C_HAS_DATE
            elif name.kind == LENGTH:
                length = checked_length(raw, flags)
                flags |= C_HAS_LENGTH
            elif name.kind == CONNECTION:
                found = has_close(raw) is not None
                if not keep_hop_by_hop:
                    if not found or flags & C_HAS_CLOSE:
                        continue
                    if PyBytes_GET_SIZE(raw) > 5:
                        raw = b"close"
                if found:
                    flags |= C_HAS_CLOSE
            elif not keep_hop_by_hop:
                flags |= C_DROPPED
                continue
        pairs.append((name.raw, raw))
    made.pairs = pairs
    made.flags = flags
    made.length = length
    return made


cdef object listed(object headers):
    if isinstance(headers, (list, tuple)):
        return headers
    if isinstance(headers, (str, bytes, dict)) or not hasattr(headers, "__iter__"):
        raise TypeError(
            f"headers must be a list of pairs, not {type(headers).__name__!r}"
        )
    return list(headers)


cdef tuple pair_of(object item):
    if isinstance(item, (tuple, list)) and len(item) == 2:
        return item[0], item[1]
    raise TypeError(f"header must be a pair of name and value, not {item!r}")


cdef bint are_all(
    int kind, const unsigned char* text, Py_ssize_t size
) noexcept:
    """Whether all octets are of a class."""
    cdef Py_ssize_t i = 0
    if kind == IN_VALUE:
        while i + 8 <= size and gevent_is_text(text + i):
            i += 8
    while i < size:
        if not classes[text[i]] & kind:
            return False
        i += 1
    return True


cdef bytes encoded(object text, str what):
    """The octets of a str."""
    if not isinstance(text, str):
        raise NotNative(f"{what} must be str, not {text!r}")
    if PyUnicode_KIND(text) == 1:
        return PyBytes_FromStringAndSize(
            <const char*>PyUnicode_DATA(text), PyUnicode_GET_LENGTH(text)
        )
    return str.encode(text, "latin-1")  # raises


cdef bytes checked_value(object name, object value):
    cdef bytes raw = encoded(value, "header value")
    if not are_all(
        IN_VALUE, <const unsigned char*>PyBytes_AS_STRING(raw), PyBytes_GET_SIZE(raw)
    ):
        raise ValueError(f"header {name!r} has a control character: {value!r}")
    return raw


cdef _Name checked_name(object name):
    cdef bytes raw
    cdef _Name made
    cdef PyObject* known
    if PyUnicode_CheckExact(name):
        known = PyDict_GetItem(known_names, name)
        if known != NULL:
            return <_Name>known
    raw = encoded(name, "header name")
    if PyBytes_GET_SIZE(raw) == 0 or not are_all(
        IN_TOKEN, <const unsigned char*>PyBytes_AS_STRING(raw), PyBytes_GET_SIZE(raw)
    ):
        raise ValueError(f"header name is no token: {name!r}")
    made = _Name(raw, KINDS.get(raw.lower(), ORDINARY))
    if len(known_names) < N_KNOWN and PyBytes_GET_SIZE(raw) <= LONGEST_KNOWN:
        known_names[str.__str__(name)] = made
    return made


cdef long long checked_length(bytes raw, int flags) except -1:
    cdef Py_ssize_t i
    cdef unsigned long long number = 0      # 19 digits fit
    cdef const unsigned char* text = <const unsigned char*>PyBytes_AS_STRING(raw)
    cdef bint is_good = 1 <= PyBytes_GET_SIZE(raw) <= 19
    for i in range(PyBytes_GET_SIZE(raw)):
        is_good = is_good and b"0" <= text[i] <= b"9"
        number = number * 10 + text[i] - 48
    if not is_good or number > LLONG_MAX:
        raise ValueError(f"Content-Length must be digits, not {raw!r}")
    if flags & C_HAS_LENGTH:
        raise ValueError("Content-Length must be given once")
    return <long long>number


cpdef bytes head(bytes status, object pairs):
    """Make the head of a reply.

    Args:
        status: From :func:`status_line`.
        pairs: From :func:`checked_headers`, and the server's own.

    Returns:
        All of it, with the empty line.
    """
    cdef Py_ssize_t size
    cdef bytes made
    cdef char* place
    cdef list given = pairs if PyList_CheckExact(pairs) else list(pairs)
    cdef object pair
    cdef Py_ssize_t i
    if status is None:
        raise TypeError("status must be bytes, not None")
    size = 9 + PyBytes_GET_SIZE(status) + 4
    for i in range(PyList_GET_SIZE(given)):
        pair = <object>PyList_GET_ITEM(given, i)
        if (
            not PyTuple_CheckExact(pair)
            or PyTuple_GET_SIZE(pair) != 2
            or not PyBytes_CheckExact(<object>PyTuple_GET_ITEM(pair, 0))
            or not PyBytes_CheckExact(<object>PyTuple_GET_ITEM(pair, 1))
        ):
            raise TypeError(f"field must be a pair of bytes, not {pair!r}")
        size += PyBytes_GET_SIZE(<object>PyTuple_GET_ITEM(pair, 0)) + 4
        size += PyBytes_GET_SIZE(<object>PyTuple_GET_ITEM(pair, 1))
    made = PyBytes_FromStringAndSize(NULL, size)
    place = put(PyBytes_AS_STRING(made), b"HTTP/1.1 ")
    place = put(place, status)
    for i in range(PyList_GET_SIZE(given)):
        pair = <object>PyList_GET_ITEM(given, i)
        place = put(place, b"\r\n")
        place = put(place, <bytes>PyTuple_GET_ITEM(pair, 0))
        place = put(place, b": ")
        place = put(place, <bytes>PyTuple_GET_ITEM(pair, 1))
    put(place, b"\r\n\r\n")
    return made


cdef inline char* put(char* place, bytes text) noexcept:
    memcpy(place, PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))
    return place + PyBytes_GET_SIZE(text)


cpdef bytes date():
    """Return the time, as the field Date has it; the same object for a second."""
    global last_second, last_date
    cdef long long second = gevent_second()
    if second != last_second or last_date is None:
        last_date = date_of(second)
        last_second = second
    return last_date


cpdef bytes date_of(long long second):
    """Return a time since the epoch as a date of RFC 9110."""
    cdef char[32] text
    cdef int size = gevent_date(second, text)
    if size != 29:
        raise ValueError(f"time is out of range: {second!r}")
    return PyBytes_FromStringAndSize(text, size)


cpdef list chunk(object data):
    """Return the parts of a chunk: its size line, the data and CRLF; none for no data.

    Raises:
        TypeError: The data is not bytes-like.
    """
    cdef char[18] text
    cdef Py_buffer view
    cdef Py_ssize_t size
    if PyBytes_CheckExact(data):
        size = PyBytes_GET_SIZE(data)
    else:
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        size = view.len
        PyBuffer_Release(&view)
    if size == 0:
        return []
    line = PyBytes_FromStringAndSize(text, gevent_hex(size, text))
    return [line, data, b"\r\n"]


# -- sending ----------------------------------------------------------------------

cdef class _Parts:
    """Buffers that are sent one after the other."""

    cdef tuple parts
    cdef Py_buffer* views           # of the parts
    cdef iovec* vector              # what has not been sent of each
    cdef Py_ssize_t n               # of views that are held
    cdef Py_ssize_t first           # of the vector that has not been sent whole
    cdef Py_ssize_t total

    def __cinit__(self, tuple parts):
        cdef Py_ssize_t n = PyTuple_GET_SIZE(parts)
        self.parts = parts
        self.views = <Py_buffer*>PyMem_Malloc(
            (n + 1) * (sizeof(Py_buffer) + sizeof(iovec))
        )
        if self.views == NULL:
            raise MemoryError
        self.vector = <iovec*>(self.views + n + 1)
        for part in parts:
            PyObject_GetBuffer(part, &self.views[self.n], PyBUF_SIMPLE)
            self.vector[self.n].iov_base = self.views[self.n].buf
            self.vector[self.n].iov_len = self.views[self.n].len
            self.total += self.views[self.n].len
            self.n += 1

    def __dealloc__(self):
        self.release()

    cdef int release(self) noexcept:
        """Let go of all buffers."""
        while self.n > 0:
            self.n -= 1
            PyBuffer_Release(&self.views[self.n])
        PyMem_Free(self.views)
        self.views = NULL
        return 0

    cdef bytes joined(self, Py_ssize_t first, Py_ssize_t stop, Py_ssize_t size):
        """Copy some parts, which are *size* octets."""
        cdef bytes made = PyBytes_FromStringAndSize(NULL, size)
        cdef char* place = PyBytes_AS_STRING(made)
        while first < stop:
            memcpy(place, self.vector[first].iov_base, self.vector[first].iov_len)
            place += self.vector[first].iov_len
            first += 1
        return made

    cdef int advance(self, Py_ssize_t sent) noexcept:
        """Note that so much was sent."""
        cdef iovec* part
        while self.first < self.n:
            part = &self.vector[self.first]
            if <size_t>sent < part.iov_len:
                part.iov_base = <char*>part.iov_base + sent
                part.iov_len -= sent
                return 0
            sent -= part.iov_len
            self.first += 1
        return 0

    cdef int send_all(self, SendingSocket sock) except -1:
        """As ``SendingSocket.send_all``: the time-out covers all waits together."""
        cdef double deadline = -1.0
        cdef Py_ssize_t left = self.total
        cdef Py_ssize_t sent
        while left > 0:
            sock.demand_open()
            sent = gevent_send_parts(
                sock.fd, self.vector + self.first, self.n - self.first, left
            )
            if sent >= 0:
                left -= sent
                if left == 0:
                    break
                self.advance(sent)
            elif errno != EAGAIN:
                raise_errno()
            if sock.gives_up(0):
                raise_code(EAGAIN)
            if sent < TIME_TO_MAKE_ROOM or Scheduler.of_thread().is_overdue():
                sock.wait_until(WRITE, &deadline)  # switches
        return 0

    cdef int send_joined(self, object sock) except -1:
        """Send by ``sendall``: small parts together, large ones as they are."""
        cdef Py_ssize_t at = 0
        cdef Py_ssize_t begin = 0
        cdef Py_ssize_t size = 0
        cdef Py_ssize_t length
        for at in range(self.n):
            length = self.vector[at].iov_len
            if size > 0 and size + length > C_JOINED:
                sock.sendall(self.joined(begin, at, size))  # switches
                begin = at
                size = 0
            if length > C_JOINED:
                sock.sendall(self.parts[at])  # switches
                begin = at + 1
            else:
                size += length
        if size > 0:
            sock.sendall(self.joined(begin, self.n, size))  # switches
        return 0


cpdef Py_ssize_t send_parts(object sock, object parts) except -1:
    """Send parts of a reply, one after the other, in one system call if they fit.

    Args:
        sock: A socket; of one that encrypts, only ``sendall`` is called.
        parts: Bytes-like objects.

    Returns:
        How many octets they were.

    Raises:
        TimeoutError: It took longer than the time-out of the socket.
        OSError: As of ``sendall``.

    Blocking:
        Switches to the hub while there is no room.
    Cancellation:
        Some octets may be sent; nobody can say how many.
    Thread safety:
        One thread at a time.
    """
    cdef tuple given = tuple(parts)
    cdef bytes small = joined_bytes(given)
    cdef _Parts held
    if small is not None:
        if is_plain(sock):
            (<SendingSocket>sock).send_all(  # switches
                PyBytes_AS_STRING(small), PyBytes_GET_SIZE(small), 0
            )
        else:
            sock.sendall(small)  # switches
        return PyBytes_GET_SIZE(small)
    held = _Parts(given)
    try:
        if held.n == 1:
            sock.sendall(held.parts[0])  # switches
        elif held.total <= C_JOINED:
            if held.total > 0:
                sock.sendall(held.joined(0, held.n, held.total))  # switches
        elif is_plain(sock):
            held.send_all(<SendingSocket>sock)  # switches
        else:
            held.send_joined(sock)  # switches
        return held.total
    finally:
        held.release()


cdef bytes joined_bytes(tuple parts):
    """Join what is all bytes and little; None: it is something else."""
    cdef Py_ssize_t i
    cdef Py_ssize_t size = 0
    cdef PyObject* part
    cdef bytes made
    cdef char* place
    for i in range(PyTuple_GET_SIZE(parts)):
        part = PyTuple_GET_ITEM(parts, i)
        if not PyBytes_CheckExact(<object>part):
            return None
        size += PyBytes_GET_SIZE(<object>part)
    if not 0 < size <= C_JOINED:
        return None
    if PyTuple_GET_SIZE(parts) == 1:
        return <bytes>PyTuple_GET_ITEM(parts, 0)
    made = PyBytes_FromStringAndSize(NULL, size)
    place = PyBytes_AS_STRING(made)
    for i in range(PyTuple_GET_SIZE(parts)):
        place = put(place, <bytes>PyTuple_GET_ITEM(parts, i))
    return made


cdef object own_sendall = SendingSocket.sendall
cdef object own_sendmsg = SendingSocket.sendmsg


cdef bint is_plain(object sock) except -1:
    """Whether it is a socket of ours whose sending methods nobody has replaced."""
    return (
        isinstance(sock, SendingSocket)
        and type(sock).sendall is own_sendall
        and type(sock).sendmsg is own_sendmsg
    )
