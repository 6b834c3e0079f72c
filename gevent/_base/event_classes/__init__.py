"""The classes and interfaces of ``gevent.events``, by what sends them."""
