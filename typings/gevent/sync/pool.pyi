from gevent.pool import Group as Group
from gevent.pool import GroupMappingMixin as GroupMappingMixin
from gevent.pool import Pool as Pool
from gevent.pool import PoolFull as PoolFull

__all__ = ("Group", "GroupMappingMixin", "Pool", "PoolFull")
