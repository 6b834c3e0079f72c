"""Monkey patching of the standard library."""
