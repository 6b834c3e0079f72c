from gevent.core import _ErrorHandler, _Library, loop

Loop = loop
Library = _Library
ErrorHandler = _ErrorHandler

__all__ = ("Loop",)
