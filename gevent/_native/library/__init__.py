"""The event libraries, and the backend that runs one."""
