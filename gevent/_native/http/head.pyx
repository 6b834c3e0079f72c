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

* HEAD1  An octet is looked at a bounded number of times, however the head is cut.
* HEAD2  What is found depends on the octets of the head only, not on how they were cut:
  limits are about the place of an octet, never about how many there are by now.
* HEAD3  While there is a pointer into the buffer, no Python code runs: nothing that the
  collector looks at is made until all is judged. An error is made last.

Threads: a parser and its heads belong to one.

What is declared ``noexcept`` looks at C memory only.
"""

cimport cython
from cpython.bytearray cimport PyByteArray_AS_STRING
from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.dict cimport PyDict_CheckExact, PyDict_SetItem
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc
from cpython.object cimport PyObject_SetItem
from cpython.unicode cimport PyUnicode_DecodeLatin1
from libc.string cimport memchr, memcmp, memcpy, memset

from gevent._native.http.names cimport (
    CONNECTION,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    DROPPED,
    EXPECT,
    HOST,
    ORIGIN,
    PLAIN,
    TO_LOWER,
    TRANSFER_ENCODING,
    UPGRADE,
    Name,
    add_name,
    find_name,
    key_of,
    kind_of,
)
from gevent._native.http.octets cimport (
    LOOSE_TARGET,
    TARGET,
    TCHAR,
    classes,
    end_of,
    end_of_value,
    has_nul,
    has_text,
    host_size,
    is_ascii,
    is_host_and_port,
    is_text,
    next_member,
    trim,
    unescaped,
    unfolded,
)

cdef extern from "Python.h":
    str PyUnicode_New(Py_ssize_t size, Py_UCS4 highest)
    void* PyUnicode_DATA(object)

cdef enum:
    MOST_EMPTY_LINES = 4
    LONGEST_METHOD = 32
    MOST_DIGITS = 19
    N_KEY_OCTETS = 64               # a bit for each of MOST_KNOWN_NAMES


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


@cython.no_gc                       # has bytes only
@cython.freelist(16)                # a busy loop makes one for each request
cdef class Head:
    """The facts of a head that follows the grammar.

    Attributes:
        size: Octets, with empty lines before it and its last line end.
        minor: 0 or 1: the version whose rules hold.
        n_fields: How many fields there are.
        n_host, n_content_length, n_transfer_encoding: How many of these.
        is_head, is_connect, is_options: The method.
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
        cdef str made
        if not self.is_ascii or end - at < 2:
            return PyUnicode_DecodeLatin1(self.data + at, end - at, NULL)
        made = PyUnicode_New(end - at, 0x7F)
        memcpy(PyUnicode_DATA(made), self.data + at, end - at)
        return made

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
        cdef const char* path = self.data + self.path_at
        cdef Py_ssize_t size = self.path_end - self.path_at
        if size == 0:
            return "/"
        if memchr(path, c"%", size) == NULL:
            return self.text(self.path_at, self.path_end)
        return unescaped(path, size)

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
            if field.name == NULL:
                return self.fill_joined(environ)
            number = field.name.key_number
            if seen[number >> 3] & (1 << (number & 7)):
                return self.fill_joined(environ)
            seen[number >> 3] |= 1 << (number & 7)
            put(environ, <str>field.name.key, self.value(field))
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
        if field.name != NULL:
            return field.name.has_underscore
        return memchr(
            self.data + field.name_at, c"_", field.name_end - field.name_at
        ) != NULL

    cdef str key(self, Field* field):
        if field.name != NULL:
            return <str>field.name.key
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
        if kind < HOST:             # mostly
            return 0
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


@cython.no_gc                       # what it refers to refers to nothing
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
        cdef Py_ssize_t size = len(buffer)      # which None has not
        cdef const char* data = PyByteArray_AS_STRING(buffer)
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
            if self.line_at + self.most_line <= most:
                status = 414
                most = self.line_at + self.most_line
            self.check_first(data, size, most)
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

    cdef int check_first(
        self, const char* data, Py_ssize_t size, Py_ssize_t most
    ) except -1:
        """See at once whether it is HTTP: the first octet of the line says it.

        What is beyond *most* may be there, but whether it is must not count.
        """
        cdef unsigned char first = data[self.line_at]
        if classes[first] & TCHAR:
            self.started = True
        elif first == c"\r":
            if min(size, most) > self.line_at + 1 and data[self.line_at + 1] != c"\n":
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
        head.is_ascii = is_ascii(head.data, head.size)
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
        head.is_head = has_text(data + at, method_end - at, "HEAD", 4)
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
        cdef Py_ssize_t at = self.line_at, name_end = at, value_end = end
        cdef const char* colon
        cdef Name* name = NULL
        if data[at] == c" " or data[at] == c"\t":
            return self.take_fold(data, end)
        if head.n_fields == self.most_fields:
            self.refuse(data, end, 431, "too many fields", at)
        colon = <const char*>memchr(data + at, c":", end - at)
        if colon != NULL:
            # A name that is known is one: most are not looked at octet by octet.
            name_end = colon - data
            name = find_name(data + at, name_end - at)
        if name == NULL:
            name_end = end_of(data, at, end, TCHAR)
            if name_end == at or name_end == end or data[name_end] != c":":
                self.refuse(data, end, 400, "no name of a field", name_end)
            name = add_name(data + at, name_end - at)
        field = head.add_field()
        field.name_at = at
        field.name_end = name_end
        field.name = name
        field.kind = (
            name.kind if name != NULL else kind_of(data + at, name_end - at)
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
            # A line that is being judged ends where the search stopped.
            self.seen_line = line_so_far(
                data, self.line_at, max(size, self.searched), self.most_line
            )
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
