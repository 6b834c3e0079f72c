"""Hub, greenlets, waiting, timeouts and error reporting."""
