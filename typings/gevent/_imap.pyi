from gevent.sync.imap import *
