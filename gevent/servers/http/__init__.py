"""HTTP on sockets: what gevent.pywsgi is made of."""
