"""What defines the configured loop (deprecated); home: ``gevent._loop.chosen``."""

from gevent._loop.chosen import *
