# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False, binding=True
"""Heads of HTTP/1 requests: from octets to facts.

A :class:`HeadParser` follows one connection and judges each line, by the grammar alone,
when it is whole; a :class:`Head` says what there is, and nothing of whether it may be:
that is ``servers/http/policy``.

=============  ===================  =================================  =================
place          what comes           is judged                          then
=============  ===================  =================================  =================
before         a first octet        at once: tchar, or CR LF           line, or before
before         an empty line        four of them, no more              before
before         a request line       ``method SP target SP version``    fields
fields         a field line         ``name ":" OWS value OWS``         fields
fields         a folded line        refused, unless relaxed            fields
fields         an empty line        it ends the head                   before
any            octets, no LF        none within the limit of the line  refused
=============  ===================  =================================  =================

method: 1 to 32 tchars; target: 0x21 to 0x7e without ``#``; version: ``HTTP/`` digit
``.`` digit, of which 1.x is taken; name: tchars; value: HTAB, SP, 0x21 to 0x7e, 0x80 to
0xff. A line ends with CR LF. Nothing is stripped but OWS, nothing is guessed; what
letters mean in either case is compared as ASCII.

Invariants:

* P1  An octet is looked at a bounded number of times, however the head is cut.
* P2  What is found depends on the octets of the head only, not on how they were cut:
  limits are about the place of an octet, never about how many there are by now.
* P3  While there is a pointer into the buffer, no Python code runs: nothing that the
  collector looks at is made until all is judged. An error is made last.
* P4  Names and values are looked up by their exact octets. There are at most
  ``MOST_KNOWN_NAMES`` names, of at most ``LONGEST_KNOWN_NAME`` octets, for ever; a name
  that is not among them costs more, and means the same.

Threads: a parser and its heads belong to one. The known names are the process's: they
change with the GIL held, and are only added to.

What is declared ``noexcept`` looks at C memory only.
"""

from cpython.bytearray cimport PyByteArray_AS_STRING, PyByteArray_GET_SIZE
from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.dict cimport PyDict_CheckExact, PyDict_SetItem
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc
from cpython.object cimport PyObject, PyObject_SetItem
from cpython.ref cimport Py_INCREF
from cpython.unicode cimport PyUnicode_DecodeLatin1
from libc.stdint cimport uint64_t
from libc.string cimport memchr, memcmp, memcpy, memset

from gevent._native.sockets cimport AF_INET6

import sys

cdef enum:
    MOST_EMPTY_LINES = 4
    LONGEST_METHOD = 32
    LONGEST_IPV6 = 45
    MOST_DIGITS = 19
    MOST_KNOWN_NAMES = 512
    N_KEY_OCTETS = 64               # a bit for each of them
    N_SLOTS = 1024
    MOST_PROBES = 16
    UNKNOWN = 0xFFFF

# What an octet may be part of.
cdef enum:
    TCHAR = 1
    TARGET = 2
    LOOSE_TARGET = 4
    VALUE = 8
    REG_NAME = 16                   # "%" apart, and no comma
    HEX_DIGIT = 32

# What a field is to us. Policy reads the value of those from HOST on; they are never
# folded. There can be one of those from CONTENT_TYPE to ORIGIN.
cdef enum:
    PLAIN
    DROPPED
    COOKIE
    CONTENT_TYPE
    AUTHORIZATION
    USER_AGENT
    REFERER
    ORIGIN
    HOST
    CONTENT_LENGTH
    TRANSFER_ENCODING
    CONNECTION
    EXPECT
    UPGRADE

cdef dict KINDS = {
    b"proxy": DROPPED,
    b"cookie": COOKIE,
    b"content-type": CONTENT_TYPE,
    b"authorization": AUTHORIZATION,
    b"user-agent": USER_AGENT,
    b"referer": REFERER,
    b"origin": ORIGIN,
    b"host": HOST,
    b"content-length": CONTENT_LENGTH,
    b"transfer-encoding": TRANSFER_ENCODING,
    b"connection": CONNECTION,
    b"expect": EXPECT,
    b"upgrade": UPGRADE,
}

cdef bytes UPPER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
cdef bytes LOWER = b"abcdefghijklmnopqrstuvwxyz"
cdef bytes TO_LOWER = bytes.maketrans(UPPER, LOWER)
cdef bytes TO_KEY = bytes.maketrans(LOWER + b"-", UPPER + b"_")

cdef unsigned char[256] classes

# The names that are known (P4), and where to look for them: number + 1, 0: free.
cdef Name* names[MOST_KNOWN_NAMES]
cdef unsigned short[N_SLOTS] slots
cdef int n_names = 0
# Key -> its number.
cdef dict key_numbers = {}


class HeadError(Exception):
    """A head that is refused.

    Args:
        status: What to answer: 400, 413, 414, 417, 431, 501 or 505.
        reason: Why, for the error log.
        offset: Which octet of the head says so; -1 if it is no single one.
    """

    def __init__(self, status, reason, offset=-1):
        super().__init__(status, reason)
        self.status = status
        self.reason = reason
        self.offset = offset


cdef class Head:
    """The facts of a head that follows the grammar.

    Attributes:
        size: Octets, with empty lines before it and its last line end.
        minor: 0 or 1: the version whose rules hold.
        n_fields: How many fields there are.
        n_host, n_content_length, n_transfer_encoding: How many of these.
        is_connect, is_options: The method.
        is_origin, is_absolute, is_asterisk, is_tunnel: The form of the target: a path;
            http or https and an authority; an asterisk; host and port. Or none of these.
        has_nul: Whether the path has a %00.
        has_valid_authority: Whether that of an absolute target has a host, and nothing
            but a port beside it.
        has_valid_host: Whether the first Host is one; an empty one is.
        has_valid_length: Whether the last Content-Length is 1 to 19 digits.
        length: That number.
        has_valid_coding: Whether the last Transfer-Encoding is a list of tokens of which
            only the last one may be chunked.
        is_chunked: Whether it is chunked alone.
        repeats_single: Whether a field is repeated of which there can be one; those
            that are counted apart.
        expects_continue, expects_other: What Expect has.
        wants_close, wants_keep_alive, wants_upgrade: What Connection has.
    """

    def __cinit__(self):
        self.table = self.own_fields
        self.n_room = N_OWN_FIELDS

    def __dealloc__(self):
        if self.table != self.own_fields:
            PyMem_Free(self.table)

    # -- what was sent

    @property
    def method(self):
        """The method, as sent."""
        return method_text(self.data + self.line_at, self.method_end - self.line_at)

    @property
    def target(self):
        """The target, as sent."""
        return self.text(self.target_at, self.target_end)

    @property
    def version(self):
        """The version whose rules hold."""
        return "HTTP/1.1" if self.minor else "HTTP/1.0"

    @property
    def requestline(self):
        """The request line, as sent, without its end."""
        return self.text(self.line_at, self.line_end)

    @property
    def fields(self):
        """Names as sent, and values, in order."""
        cdef int i
        cdef list made = []
        for i in range(self.n_fields):
            made.append((
                self.text(self.table[i].name_at, self.table[i].name_end),
                self.value(&self.table[i]),
            ))
        return made

    @property
    def raw(self):
        """The lines of the fields, each with its end, without the empty one."""
        return self.octets[self.fields_at:self.end_at]

    cpdef str get(self, str name):
        """Return the first value of a field, its name in any case."""
        cdef int i
        cdef bytes wanted
        if not name.isascii():
            return None
        wanted = name.encode().translate(TO_LOWER)
        for i in range(self.n_fields):
            if is_text(
                self.data + self.table[i].name_at,
                self.table[i].name_end - self.table[i].name_at,
                PyBytes_AS_STRING(wanted), PyBytes_GET_SIZE(wanted),
            ):
                return self.value(&self.table[i])
        return None

    @property
    def host(self):
        """The first Host."""
        return self.first(HOST)

    @property
    def content_length(self):
        """The first Content-Length."""
        return self.first(CONTENT_LENGTH)

    @property
    def transfer_encoding(self):
        """The first Transfer-Encoding."""
        return self.first(TRANSFER_ENCODING)

    @property
    def connection(self):
        """All values of Connection."""
        return self.joined(CONNECTION)

    @property
    def expect(self):
        """All values of Expect."""
        return self.joined(EXPECT)

    @property
    def upgrade(self):
        """All values of Upgrade."""
        return self.joined(UPGRADE)

    cdef str first(self, int kind):
        """Return the first value of the fields of a kind; None if there is none."""
        cdef int i
        if self.seen & (1 << kind):
            for i in range(self.n_fields):
                if self.table[i].kind == kind:
                    return self.value(&self.table[i])
        return None

    cdef str joined(self, int kind):
        """Return all values of the fields of a kind; None if there is none."""
        cdef int i
        cdef list values = []
        if not self.seen & (1 << kind):
            return None
        for i in range(self.n_fields):
            if self.table[i].kind == kind:
                values.append(self.value(&self.table[i]))
        return ",".join(values)

    cdef str text(self, unsigned int at, unsigned int end):
        return PyUnicode_DecodeLatin1(self.data + at, end - at, NULL)

    cdef str value(self, Field* field):
        if field.is_folded:
            return unfolded(self.octets[field.value_at:field.value_end])
        return self.text(field.value_at, field.value_end)

    # -- for environs

    cpdef int fill(self, object environ) except -1:
        """Add what does not come under HTTP_."""
        put(environ, "REQUEST_METHOD", self.method)
        put(environ, "PATH_INFO", self.path())
        put(environ, "QUERY_STRING", self.text(self.query_at, self.target_end))
        if self.seen & (1 << CONTENT_TYPE):
            put(environ, "CONTENT_TYPE", self.first(CONTENT_TYPE))
        if self.seen & (1 << CONTENT_LENGTH):
            put(environ, "CONTENT_LENGTH", self.first(CONTENT_LENGTH))
        put(environ, "SERVER_PROTOCOL", "HTTP/1.1" if self.minor else "HTTP/1.0")
        return 0

    cdef str path(self):
        cdef const char* at = self.data + self.path_at
        cdef Py_ssize_t size = self.path_end - self.path_at
        if size == 0:
            return "/"
        if memchr(at, c"%", size) == NULL:
            return PyUnicode_DecodeLatin1(at, size, NULL)
        return unescaped(at, size)

    cpdef int fill_fields(self, object environ) except -1:
        """Add the fields under HTTP_, in the order in which they were sent."""
        cdef unsigned char[N_KEY_OCTETS] seen       # of the keys, by their numbers
        cdef Field* field
        cdef unsigned int number
        cdef int i
        if self.is_absolute or self.n_host > 1:
            return self.fill_joined(environ)
        memset(seen, 0, sizeof(seen))
        for i in range(self.n_fields):
            field = &self.table[i]
            if not self.is_in_environ(field):
                continue
            if field.number == UNKNOWN:
                return self.fill_joined(environ)
            number = names[field.number].key_number
            if seen[number >> 3] & (1 << (number & 7)):
                return self.fill_joined(environ)
            seen[number >> 3] |= 1 << (number & 7)
            put(environ, <object>names[field.number].key, self.value(field))
        return 0

    cdef int fill_joined(self, object environ) except -1:
        """Do the same where fields are repeated, or their names not known."""
        cdef dict values = {}
        cdef Field* field
        cdef str key
        cdef int i
        for i in range(self.n_fields):
            field = &self.table[i]
            if self.is_in_environ(field):
                values.setdefault(self.key(field), []).append(self.value(field))
        if self.is_absolute:
            values["HTTP_HOST"] = [self.text(self.authority_at, self.authority_end)]
        elif self.n_host > 1:
            del values["HTTP_HOST"][1:]
        for key, parts in values.items():
            joint = "; " if key == "HTTP_COOKIE" else ","
            put(environ, key, joint.join(parts))
        return 0

    cdef bint is_in_environ(self, Field* field) noexcept:
        """Whether the field comes under HTTP_."""
        cdef int kind = field.kind
        if kind == PLAIN:
            return self.keeps_underscores or not self.has_underscore(field)
        return kind != DROPPED and kind != CONTENT_TYPE and kind != CONTENT_LENGTH

    cdef bint has_underscore(self, Field* field) noexcept:
        if field.number != UNKNOWN:
            return names[field.number].has_underscore
        return memchr(
            self.data + field.name_at, c"_", field.name_end - field.name_at
        ) != NULL

    cdef str key(self, Field* field):
        if field.number != UNKNOWN:
            return <str>names[field.number].key
        return key_of(self.octets[field.name_at:field.name_end])

    # -- while it is parsed

    cdef Field* add_field(self) except NULL:
        """Return room for one field more."""
        cdef Field* larger = self.table
        cdef Py_ssize_t size = self.n_room * sizeof(Field)
        if <unsigned int>self.n_fields == self.n_room:
            if self.table == self.own_fields:
                larger = <Field*>PyMem_Malloc(2 * size)
                if larger != NULL:
                    memcpy(larger, self.own_fields, size)
            else:
                larger = <Field*>PyMem_Realloc(self.table, 2 * size)
            if larger == NULL:
                raise MemoryError
            self.table = larger
            self.n_room *= 2
        self.n_fields += 1
        return &self.table[self.n_fields - 1]

    cdef int note(self, int kind, const char* value, Py_ssize_t size) noexcept:
        """Take the facts out of the value of a field."""
        if CONTENT_TYPE <= kind <= ORIGIN and self.seen & (1 << kind):
            self.repeats_single = True
        self.seen |= 1 << kind
        if kind == HOST:
            self.n_host += 1
            if self.n_host == 1:
                self.has_valid_host = host_size(value, size) >= 0
        elif kind == CONTENT_LENGTH:
            self.n_content_length += 1
            self.note_length(value, size)
        elif kind == TRANSFER_ENCODING:
            self.n_transfer_encoding += 1
            self.note_coding(value, size)
        elif kind == CONNECTION:
            self.note_options(value, size)
        elif kind == EXPECT:
            if is_text(value, size, "100-continue", 12):
                self.expects_continue = True
            else:
                self.expects_other = True
        return 0

    cdef int note_length(self, const char* value, Py_ssize_t size) noexcept:
        cdef Py_ssize_t i
        cdef unsigned long long number = 0
        self.length = 0
        self.has_valid_length = 1 <= size <= MOST_DIGITS
        if not self.has_valid_length:
            return 0
        for i in range(size):
            if not c"0" <= value[i] <= c"9":
                self.has_valid_length = False
                return 0
            number = 10 * number + <unsigned char>(value[i] - c"0")
        self.length = number
        return 0

    cdef int note_coding(self, const char* value, Py_ssize_t size) noexcept:
        """Codings are tokens; chunked can be there once, and last."""
        cdef Py_ssize_t at = 0, first, end
        cdef bint was_chunked = False
        cdef int n_codings = 0
        self.has_valid_coding = True
        while at <= size:
            at = next_member(value, size, at, &first, &end)
            n_codings += 1
            if was_chunked or first == end or end_of(value, first, end, TCHAR) != end:
                self.has_valid_coding = False
            was_chunked |= is_text(value + first, end - first, "chunked", 7)
        self.is_chunked = was_chunked and n_codings == 1
        return 0

    cdef int note_options(self, const char* value, Py_ssize_t size) noexcept:
        cdef Py_ssize_t at = 0, first, end
        while at <= size:
            at = next_member(value, size, at, &first, &end)
            self.wants_close |= is_text(value + first, end - first, "close", 5)
            self.wants_keep_alive |= is_text(
                value + first, end - first, "keep-alive", 10
            )
            self.wants_upgrade |= is_text(value + first, end - first, "upgrade", 7)
        return 0

    cdef int note_target(self, const char* data) noexcept:
        """Tell the forms of targets apart, and find the parts."""
        cdef const char* target = data + self.target_at
        cdef Py_ssize_t size = self.target_end - self.target_at
        cdef const char* mark
        self.path_at = self.target_at
        self.path_end = self.query_at = self.target_end
        self.is_origin = target[0] == c"/"
        if not self.is_origin:
            self.is_asterisk = size == 1 and target[0] == c"*"
            if size >= 7 and is_text(target, 7, "http://", 7):
                self.path_at = self.note_authority(data, self.target_at + 7)
            elif size >= 8 and is_text(target, 8, "https://", 8):
                self.path_at = self.note_authority(data, self.target_at + 8)
            else:
                self.is_tunnel = is_host_and_port(target, size)
                return 0
        size = self.target_end - self.path_at
        mark = <const char*>memchr(data + self.path_at, c"?", size)
        if mark != NULL:
            self.path_end = mark - data
            self.query_at = self.path_end + 1
        self.has_nul = has_nul(data + self.path_at, self.path_end - self.path_at)
        return 0

    cdef unsigned int note_authority(self, const char* data, unsigned int at) noexcept:
        """Find the authority, behind the scheme; return where it ends."""
        cdef unsigned int end = at
        while end < self.target_end and data[end] != c"/" and data[end] != c"?":
            end += 1
        self.is_absolute = True
        self.authority_at = at
        self.authority_end = end
        self.has_valid_authority = host_size(data + at, end - at) > 0
        return end


cdef class HeadParser:
    """Parses the heads that come on one connection.

    Args:
        request_line: How many octets a request line may have, its end included.
        head: How many a head may have, and the empty lines before it.
        fields: How many fields.
        relax: Names of relaxations, of which ``bare_lf``, ``obs_fold``,
            ``target_octets`` and ``underscores`` count here.

    Attributes:
        started: Whether an octet of a head was seen, and the head is not whole.
    """

    def __init__(self, request_line=8192, head=65536, fields=100, relax=frozenset()):
        self.most_line = request_line
        self.most_head = head
        self.most_fields = fields
        self.takes_bare_lf = "bare_lf" in relax
        self.takes_obs_fold = "obs_fold" in relax
        self.keeps_underscores = "underscores" in relax
        self.target_class = LOOSE_TARGET if "target_octets" in relax else TARGET
        self.reset()

    cpdef int reset(self) except -1:
        """Begin anew, with a head at the beginning of the buffer."""
        self.last = None
        return self.begin()

    cdef int begin(self) except -1:
        self.line_at = self.searched = self.n_empty = self.refused_with = 0
        self.head = None
        self.refused_because = None
        self.seen_line = None
        self.started = False
        return 0

    @property
    def requestline(self):
        """The request line of the last head, or what is known of the refused one."""
        if self.last is not None:
            return self.last.requestline
        return "" if self.seen_line is None else self.seen_line.decode("latin-1")

    cpdef Head feed(self, bytearray buffer):
        """Go on where the last call stopped; return the head once it is whole.

        Args:
            buffer: Begins with the head; it has only grown since the last call.

        Returns:
            The head, of which the caller takes ``size`` octets; the next one begins
            behind it. None: more octets are needed.

        Raises:
            HeadError: The head is refused; so it is at every later call.
        """
        cdef const char* data = PyByteArray_AS_STRING(buffer)
        cdef Py_ssize_t size = PyByteArray_GET_SIZE(buffer)
        cdef Py_ssize_t end
        cdef Head head
        if self.refused_with:
            raise HeadError(
                self.refused_with, self.refused_because, self.refused_at
            )
        self.last = None
        while self.line_at < size:
            end = self.next_line(data, size)
            if end < 0:
                return None
            head = self.take(data, end)
            if head is not None:
                return head
        return None

    cdef Py_ssize_t next_line(self, const char* data, Py_ssize_t size) except -2:
        """Return where the line ends that begins at the place; -1: not yet."""
        cdef Py_ssize_t most = self.most_head
        cdef int status = 431
        cdef const char* found = NULL
        cdef Py_ssize_t end
        if self.head is None:
            self.check_first(data, size)
            if self.line_at + self.most_line <= most:
                status = 414
                most = self.line_at + self.most_line
        end = min(size, most)
        if self.searched < end:
            found = <const char*>memchr(data + self.searched, c"\n", end - self.searched)
        if found == NULL:
            self.searched = max(end, self.searched)
            if size >= most:
                self.refuse(data, size, status, "too long", self.line_at)
            return -1
        end = found - data
        self.searched = end + 1
        if end > self.line_at and data[end - 1] == c"\r":
            return end - 1
        if not self.takes_bare_lf:
            self.refuse(data, size, 400, "bare LF", end)
        return end

    cdef int check_first(self, const char* data, Py_ssize_t size) except -1:
        """See at once whether it is HTTP: the first octet of the line says it."""
        cdef unsigned char first = data[self.line_at]
        if classes[first] & TCHAR:
            self.started = True
        elif first == c"\r":
            if size > self.line_at + 1 and data[self.line_at + 1] != c"\n":
                self.refuse(data, size, 400, "bare CR", self.line_at)
        elif first != c"\n":
            self.started = True
            self.refuse(data, size, 400, "no method", self.line_at)
        return 0

    cdef Head take(self, const char* data, Py_ssize_t end):
        """Judge a whole line; return the head if it was the last one."""
        if end > self.line_at:
            if self.head is None:
                self.take_request_line(data, end)
            else:
                self.take_field_line(data, end)
        elif self.head is not None:
            return self.end(data, end)
        else:
            self.n_empty += 1
            if self.n_empty > MOST_EMPTY_LINES:
                self.refuse(data, end, 400, "too many empty lines", end)
        self.line_at = self.searched
        return None

    cdef Head end(self, const char* data, Py_ssize_t end):
        cdef Head head = self.head
        head.size = self.searched
        head.end_at = end
        head.octets = PyBytes_FromStringAndSize(data, head.size)
        head.data = PyBytes_AS_STRING(head.octets)
        self.begin()
        self.last = head
        return head

    cdef int take_request_line(self, const char* data, Py_ssize_t end) except -1:
        cdef Head head
        cdef Py_ssize_t at = self.line_at
        cdef Py_ssize_t method_end = end_of(
            data, at, min(end, at + LONGEST_METHOD), TCHAR
        )
        cdef Py_ssize_t target_end
        if method_end == end or data[method_end] != c" ":
            self.refuse(data, end, 400, "no method", method_end)
        target_end = end_of(data, method_end + 1, end, self.target_class)
        if (
            target_end == method_end + 1
            or target_end == end
            or data[target_end] != c" "
        ):
            self.refuse(data, end, 400, "no target", target_end)
        self.take_version(data, target_end + 1, end)
        head = Head.__new__(Head)
        head.line_at = at
        head.line_end = end
        head.method_end = method_end
        head.target_at = method_end + 1
        head.target_end = target_end
        head.fields_at = self.searched
        head.keeps_underscores = self.keeps_underscores
        head.minor = data[end - 1] != c"0"
        head.is_connect = has_text(data + at, method_end - at, "CONNECT", 7)
        head.is_options = has_text(data + at, method_end - at, "OPTIONS", 7)
        head.note_target(data)
        self.head = head
        return 0

    cdef int take_version(
        self, const char* data, Py_ssize_t at, Py_ssize_t end
    ) except -1:
        """Take ``HTTP/1.`` and a digit; other major versions have their status."""
        cdef const char* version = data + at
        if (
            end - at != 8
            or memcmp(version, b"HTTP/", 5) != 0
            or not c"1" <= version[5] <= c"9"
            or version[6] != c"."
            or not c"0" <= version[7] <= c"9"
        ):
            self.refuse(data, end, 400, "no version of HTTP", at)
        if version[5] != c"1":
            self.refuse(data, end, 505, "another version of HTTP", at)
        return 0

    cdef int take_field_line(self, const char* data, Py_ssize_t end) except -1:
        cdef Head head = self.head
        cdef Field* field
        cdef Name* name
        cdef Py_ssize_t at = self.line_at, name_end, value_end = end
        cdef int number
        if data[at] == c" " or data[at] == c"\t":
            return self.take_fold(data, end)
        if head.n_fields == self.most_fields:
            self.refuse(data, end, 431, "too many fields", at)
        name_end = end_of(data, at, end, TCHAR)
        if name_end == at or name_end == end or data[name_end] != c":":
            self.refuse(data, end, 400, "no name of a field", name_end)
        field = head.add_field()
        field.name_at = at
        field.name_end = name_end
        number = known_name(data + at, name_end - at)
        field.number = number
        field.kind = (
            names[number].kind if number != UNKNOWN
            else kind_of(data + at, name_end - at)
        )
        field.is_folded = False
        at = name_end + 1
        self.take_value(data, &at, &value_end)
        field.value_at = at
        field.value_end = value_end
        head.note(field.kind, data + at, value_end - at)
        return 0

    cdef int take_fold(self, const char* data, Py_ssize_t end) except -1:
        """Let the value of the last field go on, if that is allowed."""
        cdef Head head = self.head
        cdef Field* field
        cdef Py_ssize_t at = self.line_at, value_end = end
        if not self.takes_obs_fold or head.n_fields == 0:
            self.refuse(data, end, 400, "folded line", at)
        self.take_value(data, &at, &value_end)
        field = &head.table[head.n_fields - 1]
        if field.kind >= HOST:
            self.refuse(data, end, 400, "folded line", self.line_at)
        if value_end > at:
            field.value_end = value_end
            field.is_folded = True
        return 0

    cdef int take_value(
        self, const char* data, Py_ssize_t* at, Py_ssize_t* end
    ) except -1:
        """Judge a value, and leave the white space around it out."""
        cdef Py_ssize_t value_end = end_of_value(data, at[0], end[0])
        if value_end != end[0]:
            self.refuse(data, end[0], 400, "control character", value_end)
        trim(data, at, end)
        return 0

    cdef int refuse(
        self, const char* data, Py_ssize_t size, int status, str reason,
        Py_ssize_t offset
    ) except -1:
        """Raise the error, now and at every later call."""
        cdef Head head = self.head
        if head is not None:
            self.seen_line = PyBytes_FromStringAndSize(
                data + head.line_at, head.line_end - head.line_at
            )
        else:
            self.seen_line = line_so_far(data, self.line_at, size, self.most_line)
        self.refused_with = status
        self.refused_because = reason
        self.refused_at = offset
        raise HeadError(status, reason, offset)


cpdef Head head_of(bytes method, bytes target, object fields):
    """Return the head that these parts make, judged as if they had come in 1.1.

    Args:
        method, target: As in a request line.
        fields: Pairs of names and values, bytes.

    Raises:
        HeadError: They break the grammar.
    """
    cdef list lines = [b"%b %b HTTP/1.1" % (method, target)]
    cdef bytes name, value, line
    cdef bytearray octets
    cdef Py_ssize_t size
    for name, value in fields:
        if b":" in name:
            raise HeadError(400, "no name of a field")
        lines.append(b"%b:%b" % (name, value))
    for line in lines:
        if b"\n" in line:
            raise HeadError(400, "control character")
    octets = bytearray(b"\r\n".join([*lines, b"", b""]))
    size = len(octets)
    return HeadParser(size, size, len(lines)).feed(octets)


# -- octets


cdef Py_ssize_t end_of(
    const char* data, Py_ssize_t at, Py_ssize_t end, unsigned char kinds
) noexcept:
    """Return where octets of a class end."""
    while at < end and classes[<unsigned char>data[at]] & kinds:
        at += 1
    return at


cdef Py_ssize_t end_of_value(const char* data, Py_ssize_t at, Py_ssize_t end) noexcept:
    """Return where the octets of a value end; eight at a time, if none is special."""
    cdef uint64_t word, low, delete
    cdef uint64_t ones = 0x0101010101010101ULL
    cdef uint64_t highs = 0x8080808080808080ULL
    cdef Py_ssize_t stop
    while end - at >= 8:
        memcpy(&word, data + at, 8)
        low = (word - 0x20 * ones) & ~word & highs
        delete = word ^ (0x7F * ones)
        delete = (delete - ones) & ~delete & highs
        if low | delete:
            stop = end_of(data, at, at + 8, VALUE)
            if stop != at + 8:
                return stop
        at += 8
    return end_of(data, at, end, VALUE)


cdef int trim(const char* data, Py_ssize_t* at, Py_ssize_t* end) noexcept:
    """Leave out spaces and tabs at both ends."""
    cdef Py_ssize_t first = at[0], last = end[0]
    while first < last and (data[first] == c" " or data[first] == c"\t"):
        first += 1
    while last > first and (data[last - 1] == c" " or data[last - 1] == c"\t"):
        last -= 1
    at[0] = first
    end[0] = last
    return 0


cdef Py_ssize_t next_member(
    const char* value, Py_ssize_t size, Py_ssize_t at, Py_ssize_t* first,
    Py_ssize_t* end
) noexcept:
    """Find the member of a list that begins at *at*; return where the next one does."""
    cdef Py_ssize_t comma = at
    while comma < size and value[comma] != c",":
        comma += 1
    first[0] = at
    end[0] = comma
    trim(value, first, end)
    return comma + 1


cdef bint has_text(
    const char* data, Py_ssize_t size, const char* text, Py_ssize_t text_size
) noexcept:
    """Whether it is this text."""
    return size == text_size and memcmp(data, text, size) == 0


cdef bint is_text(
    const char* data, Py_ssize_t size, const char* lower, Py_ssize_t lower_size
) noexcept:
    """Whether it is this text, in small letters here, in any case."""
    cdef Py_ssize_t i
    if size != lower_size:
        return False
    for i in range(size):
        if to_lower(data[i]) != lower[i]:
            return False
    return True


cdef char to_lower(char octet) noexcept:
    return octet | 0x20 if c"A" <= octet <= c"Z" else octet


cdef bint has_nul(const char* path, Py_ssize_t size) noexcept:
    """Whether there is a NUL in a path, escaped."""
    cdef Py_ssize_t i
    for i in range(size - 2):
        if path[i] == c"%" and path[i + 1] == c"0" and path[i + 2] == c"0":
            return True
    return False


cdef Py_ssize_t host_size(const char* authority, Py_ssize_t size) noexcept:
    """Return how long the host of an authority is; -1 if it is none."""
    cdef Py_ssize_t end = 0
    if size > 0 and authority[0] == c"[":
        end = literal_size(authority, size)
    else:
        while end < size:
            if classes[<unsigned char>authority[end]] & REG_NAME:
                end += 1
            elif is_escape(authority + end, size - end):
                end += 3
            else:
                break
    if end == size or end < 0:
        return end
    return end if is_port(authority + end, size - end) else -1


cdef Py_ssize_t literal_size(const char* authority, Py_ssize_t size) noexcept:
    """Return how long an IPv6 address in brackets is, with them; -1 if it is none."""
    cdef char[LONGEST_IPV6 + 1] text
    cdef char[16] address
    cdef Py_ssize_t end = 1
    while end < size and end <= LONGEST_IPV6 and authority[end] != c"]":
        if not classes[<unsigned char>authority[end]] & HEX_DIGIT:
            if authority[end] != c":" and authority[end] != c".":
                return -1
        text[end - 1] = authority[end]
        end += 1
    if end == size or authority[end] != c"]":
        return -1
    text[end - 1] = 0
    return end + 1 if inet_pton(AF_INET6, text, address) == 1 else -1


cdef bint is_port(const char* port, Py_ssize_t size) noexcept:
    """Whether it is a colon, and digits if any."""
    cdef Py_ssize_t i
    for i in range(1, size):
        if not c"0" <= port[i] <= c"9":
            return False
    return port[0] == c":"


cdef bint is_host_and_port(const char* target, Py_ssize_t size) noexcept:
    """Whether it is what CONNECT takes."""
    cdef Py_ssize_t end = host_size(target, size)
    return end > 0 and end + 1 < size


cdef bint is_escape(const char* at, Py_ssize_t size) noexcept:
    return (
        size >= 3
        and at[0] == c"%"
        and classes[<unsigned char>at[1]] & HEX_DIGIT
        and classes[<unsigned char>at[2]] & HEX_DIGIT
    )


cdef unsigned char hex_value(char digit) noexcept:
    return digit - c"0" if digit <= c"9" else (digit | 0x20) - c"a" + 10


cdef str unescaped(const char* path, Py_ssize_t size):
    """Decode %XX, once; what is none stays."""
    cdef bytes made = PyBytes_FromStringAndSize(path, size)
    cdef char* to = PyBytes_AS_STRING(made)
    cdef Py_ssize_t at = 0, n = 0
    while at < size:
        if is_escape(path + at, size - at):
            to[n] = <char>(16 * hex_value(path[at + 1]) + hex_value(path[at + 2]))
            at += 3
        else:
            to[n] = path[at]
            at += 1
        n += 1
    return PyUnicode_DecodeLatin1(to, n, NULL)


cdef str unfolded(bytes value):
    """Join the lines of a folded value by single spaces."""
    cdef const char* data = PyBytes_AS_STRING(value)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(value)
    cdef Py_ssize_t at = 0, end, first, last
    cdef list parts = []
    while at <= size:
        end = at
        while end < size and data[end] != c"\n":
            end += 1
        first = at
        last = end - 1 if end > at and data[end - 1] == c"\r" else end
        trim(data, &first, &last)
        if last > first:
            parts.append(value[first:last])
        at = end + 1
    return b" ".join(parts).decode("latin-1")


cdef bytes line_so_far(
    const char* data, Py_ssize_t at, Py_ssize_t size, Py_ssize_t most
):
    """Return what is there of a line, without its end."""
    cdef Py_ssize_t end = min(size, at + most)
    cdef const char* found = <const char*>memchr(data + at, c"\n", end - at)
    if found != NULL:
        end = found - data
    if end > at and data[end - 1] == c"\r":
        end -= 1
    return PyBytes_FromStringAndSize(data + at, end - at)


cdef str method_text(const char* data, Py_ssize_t size):
    if has_text(data, size, "GET", 3):
        return "GET"
    if has_text(data, size, "POST", 4):
        return "POST"
    return PyUnicode_DecodeLatin1(data, size, NULL)


cdef int put(object environ, str key, object value) except -1:
    """Set a key, by the way of a subclass if it has one."""
    if PyDict_CheckExact(environ):
        return PyDict_SetItem(environ, key, value)
    return PyObject_SetItem(environ, key, value)


# -- names


cdef int known_name(const char* data, Py_ssize_t size) except -1:
    """Return the number of a name, which it gets now if there is room (P4)."""
    cdef unsigned int slot = hash_of(data, size)
    cdef Name* name
    cdef int i
    if size > LONGEST_KNOWN_NAME:
        return UNKNOWN
    for i in range(MOST_PROBES):
        slot &= N_SLOTS - 1
        if slots[slot] == 0:
            return add_name(data, size, slot)
        name = names[slots[slot] - 1]
        if name.size == size and memcmp(name.octets, data, size) == 0:
            return slots[slot] - 1
        slot += 1
    return UNKNOWN


cdef unsigned int hash_of(const char* data, Py_ssize_t size) noexcept:
    """Mix the size, the first and the last octets."""
    cdef uint64_t first = 0, last = 0
    cdef Py_ssize_t i
    if size >= 8:
        memcpy(&first, data, 8)
        memcpy(&last, data + size - 8, 8)
    else:
        for i in range(size):
            first = first << 8 | <unsigned char>data[i]
    first = (first ^ <uint64_t>size) * 0x9E3779B97F4A7C15ULL
    first ^= first >> 32
    first = (first ^ last) * 0xC2B2AE3D27D4EB4FULL
    return first >> 40


cdef int add_name(const char* data, Py_ssize_t size, unsigned int slot) except -1:
    global n_names
    cdef Name* name
    cdef str key
    if n_names == MOST_KNOWN_NAMES:
        return UNKNOWN
    key = sys.intern(key_of(data[:size]))
    name = <Name*>PyMem_Malloc(sizeof(Name))
    if name == NULL:
        raise MemoryError
    name.key_number = key_numbers.setdefault(key, len(key_numbers))
    Py_INCREF(key)                  # for ever
    name.key = <PyObject*>key
    name.kind = kind_of(data, size)
    name.has_underscore = memchr(data, c"_", size) != NULL
    name.size = size
    memcpy(name.octets, data, size)
    names[n_names] = name
    n_names += 1
    slots[slot] = n_names
    return n_names - 1


cdef str key_of(bytes name):
    return "HTTP_" + name.translate(TO_KEY).decode("latin-1")


cdef int kind_of(const char* data, Py_ssize_t size) except -1:
    return KINDS.get(data[:size].translate(TO_LOWER), PLAIN)


cdef int fill_classes() except -1:
    """Say of each octet what it may be part of."""
    cdef int octet
    for octet in range(256):
        if 0x21 <= octet <= 0x7E and octet != c"#":
            classes[octet] |= TARGET | LOOSE_TARGET
        if 0x20 <= octet <= 0x7E or octet == c"\t":
            classes[octet] |= VALUE
        if octet >= 0x80:
            classes[octet] |= VALUE | LOOSE_TARGET
    for octet in b"0123456789" + UPPER + LOWER:
        classes[octet] |= TCHAR | REG_NAME
    for octet in b"!#$%&'*+-.^_`|~":
        classes[octet] |= TCHAR
    for octet in b"-._~!$&'()*+;=":
        classes[octet] |= REG_NAME
    for octet in b"0123456789abcdefABCDEF":
        classes[octet] |= HEX_DIGIT
    return 0


fill_classes()
