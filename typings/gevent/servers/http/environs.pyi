from gevent.pywsgi import Environ as Environ
from gevent.pywsgi import SecureEnviron as SecureEnviron
from gevent.pywsgi import WSGISecureEnviron as WSGISecureEnviron

__all__ = ("Environ", "SecureEnviron", "WSGISecureEnviron")
