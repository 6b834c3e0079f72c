# Deprecated: the names of the standard library's module, no more and no less.
from builtins import *  # noqa: UP029 - it is the module's whole content
