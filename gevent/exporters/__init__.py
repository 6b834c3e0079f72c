"""What gevent does, told to the monitoring systems of others; each needs an extra."""
