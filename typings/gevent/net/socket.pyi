# The names passed through are in the stub of `gevent.socket` only.
from gevent.socket import AF_INET as AF_INET
from gevent.socket import AF_INET6 as AF_INET6
from gevent.socket import EAGAIN as EAGAIN
from gevent.socket import EWOULDBLOCK as EWOULDBLOCK
from gevent.socket import SOCK_DGRAM as SOCK_DGRAM
from gevent.socket import SOCK_STREAM as SOCK_STREAM
from gevent.socket import SOL_SOCKET as SOL_SOCKET
from gevent.socket import AddressFamily as AddressFamily
from gevent.socket import SocketKind as SocketKind
from gevent.socket import SocketType as SocketType
from gevent.socket import __dns__ as __dns__
from gevent.socket import _taken as _taken
from gevent.socket import as_enum as as_enum
from gevent.socket import cancel_wait as cancel_wait
from gevent.socket import cancel_wait_ex as cancel_wait_ex
from gevent.socket import create_connection as create_connection
from gevent.socket import create_server as create_server
from gevent.socket import fromfd as fromfd
from gevent.socket import gaierror as gaierror
from gevent.socket import getaddrinfo as getaddrinfo
from gevent.socket import getfqdn as getfqdn
from gevent.socket import gethostbyaddr as gethostbyaddr
from gevent.socket import gethostbyname as gethostbyname
from gevent.socket import gethostbyname_ex as gethostbyname_ex
from gevent.socket import getnameinfo as getnameinfo
from gevent.socket import socket as socket
from gevent.socket import socketpair as socketpair
from gevent.socket import timeout as timeout
from gevent.socket import wait as wait
from gevent.socket import wait_read as wait_read
from gevent.socket import wait_readwrite as wait_readwrite
from gevent.socket import wait_write as wait_write

__all__ = ("socket",)
