"""Locks, events, queues, greenlet locals, pools and threads."""
