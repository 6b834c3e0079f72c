"""Settings of gunicorn."""

worker_class = "gevent"
workers = 2  # processes: about one for each processor
worker_connections = 1000  # greenlets of a process
graceful_timeout = 30  # seconds for what is under way, after SIGTERM
