"""The requests of a connection, served without hooks: native fields."""

cimport cython
from gevent._native.http.head cimport Head
from gevent._native.http.reply cimport (
    Fields,
    checked_fields,
    chunk,
    code_of,
    date,
    head as reply_head,
    status_line,
)
from gevent.servers.http.body cimport has_ended, new_input
from gevent.servers.http.connection cimport Connection
from gevent.servers.http.counts cimport Counts
from gevent.servers.http.policy cimport Decision
from gevent.servers.http.sending cimport send_reply

cdef dict _modules
# Numbers, where other modules have them as objects.
cdef int UNSENT
cdef int SET
cdef int SENT
cdef int ENDED
cdef int NO_BODY
cdef int LENGTH
cdef int CHUNKED
cdef int CLOSE
cdef int HAS_DATE
cdef int HAS_LENGTH
cdef int HAS_CLOSE
cdef int DROPPED


cdef class Exchange:
    cdef readonly Connection connection
    cdef readonly object server
    cdef readonly object hooks      # WSGIHandler or None
    cdef bint has_environ_hook
    cdef bint has_log_hook
    cdef bint is_logging
    cdef bint is_usual_environ      # get_environ() would copy a dict
    cdef str remote_address         # None for a unix socket, likewise the port
    cdef str remote_port
    cdef object rfile               # RequestFile; None before the first request
    cdef object start               # start_response(), bound
    cdef dict template              # of environs; None while the connection is idle

    # Of the request.
    cdef object environ
    cdef object body                # Input or None
    cdef bint is_head
    cdef bint is_1_1
    cdef bint asks_for_upgrade
    cdef readonly double began
    # Of the reply.
    cdef readonly int state
    cdef readonly int code
    cdef readonly bytes line
    cdef readonly list pairs
    cdef readonly int flags
    cdef readonly long long length  # the application's Content-Length; -1: none
    cdef readonly int framing
    cdef long long owed             # octets; -1: nothing was promised
    cdef readonly long long n_sent
    cdef object file                # FileWrapper or None
    cdef list held                  # None: each block is sent at once
    cdef readonly bint is_closing
    cdef readonly bint is_switching

    @cython.locals(head=Head, decision=Decision, counts=Counts, heard=cython.bint)
    cdef int serve(self, Connection connection) except -1
    @cython.locals(
        connection=Connection,
        decision=Decision,
        length=cython.longlong,
        template=dict,
    )
    cdef object make_environ(self, Head head)
    cdef dict make_template(self)
    cdef int add_client(self, object environ) except -1
    cdef object ask_for_environ(self, object hooks)
    cdef int run(self, object environ) except -1
    cdef int send_whole(self, object result) except -1
    cdef int send_each(self, object result) except -1
    cdef int send_file(self, object file) except -1
    cdef bint has_taken_over(self) except -1
    @cython.locals(line=bytes, fields=Fields, code=int, flags=int)
    cdef int set_reply(self, object status, object headers, bint may_be_set) except -1
    @cython.locals(line=bytes, pairs=list, parts=list, held=list)
    cdef int send_head(self, object result, object data) except -1
    cdef tuple decide_framing(self, object result)
    cdef bint can_go_on(self) except -1
    @cython.locals(held=list, parts=list)
    cdef int send_block(self, object data) except -1
    @cython.locals(owed=cython.longlong, size=cython.longlong)
    cdef int frame(self, list parts, object data) except -1
    cdef int send(self, list parts) except -1
    @cython.locals(held=list)
    cdef int finish(self) except -1
    cdef bint end(self, Connection connection) except -1
    cdef int end_by(self, object error) except -1
    cdef int fail(self, int code) except -1


# Set by who subscribes, in any thread; read at each request.
cdef bint _tells_finished
cdef bint is_heard() except -1
