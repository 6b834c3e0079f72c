"""What is declared of CPython and greenlet."""
