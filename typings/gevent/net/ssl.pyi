# The names passed through are in the stub of `gevent.ssl` only.
from gevent.ssl import SSLContext as SSLContext
from gevent.ssl import SSLEOFError as SSLEOFError
from gevent.ssl import SSLError as SSLError
from gevent.ssl import SSLSocket as SSLSocket
from gevent.ssl import SSLWantReadError as SSLWantReadError
from gevent.ssl import SSLWantWriteError as SSLWantWriteError
from gevent.ssl import SSLZeroReturnError as SSLZeroReturnError
from gevent.ssl import _create_default_https_context as _create_default_https_context
from gevent.ssl import _create_stdlib_context as _create_stdlib_context
from gevent.ssl import _create_unverified_context as _create_unverified_context
from gevent.ssl import create_connection as create_connection
from gevent.ssl import create_default_context as create_default_context
from gevent.ssl import get_server_certificate as get_server_certificate
from gevent.ssl import wrap_socket as wrap_socket

__all__ = ("SSLSocket",)
