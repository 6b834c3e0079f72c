"""Resolvers: what turns host names into addresses and back."""
