"""Servers on top of the network tier."""
