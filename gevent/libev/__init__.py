"""Loops over libev."""
