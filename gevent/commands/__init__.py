"""What ``python -m gevent`` does: looking into other processes."""
