"""Leaf modules that every tier may use."""
