"""Compiled core: scheduler, event-library shims, descriptors, chunk cache."""
