"""Descriptors: who has them, who waits for them, what is in them."""
