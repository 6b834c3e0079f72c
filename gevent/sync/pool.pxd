"""Groups and pools: compiled Python classes, which programs assign to."""

cimport cython
from gevent.sync.group_members cimport GroupMembers
