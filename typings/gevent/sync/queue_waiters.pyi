from gevent.queue import ShutDown as ShutDown
from gevent.queue import _Mode, _QueueEnds, _WaitEnd
from gevent.queue import demand_not_negative as demand_not_negative

Mode = _Mode
WaitEnd = _WaitEnd
QueueEnds = _QueueEnds
