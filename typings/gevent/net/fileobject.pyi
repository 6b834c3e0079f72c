from gevent.fileobject import ClosedIO as ClosedIO
from gevent.fileobject import FileObject as FileObject
from gevent.fileobject import FileObjectBase as FileObjectBase
from gevent.fileobject import FileObjectBlock as FileObjectBlock
from gevent.fileobject import FileObjectClosed as FileObjectClosed
from gevent.fileobject import FileObjectPosix as FileObjectPosix
from gevent.fileobject import FileObjectThread as FileObjectThread

__all__ = ("FileObject", "FileObjectBlock", "FileObjectPosix", "FileObjectThread")
