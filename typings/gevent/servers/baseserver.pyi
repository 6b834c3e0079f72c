from gevent.baseserver import BaseServer as BaseServer
