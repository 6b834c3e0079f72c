from gevent.selectors import DefaultSelector as DefaultSelector
from gevent.selectors import Epoll as Epoll
from gevent.selectors import GeventSelector as GeventSelector
from gevent.selectors import Registered as Registered
