"""The version, for those below the package root, which shows it as ``__version__``."""

__version__ = "26.11.0"
