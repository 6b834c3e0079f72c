"""A native thread that watches the loop."""

import time

import gevent
from gevent import config, events

# begin: on
config.monitor_thread = True
config.max_blocking_time = 0.02  # seconds; 0.1 is the default
# end: on

reports = []


# begin: forward
def forward(event):
    """Take the report, and leave nothing to print."""
    reports.append("\n".join(event.info))
    event.info.clear()


events.subscribe(events.EventLoopBlocked, forward)
# end: forward


# begin: functions
def count_threads(hub):
    """Run in the monitor thread, now and then."""
    counts.append(hub.threadpool.size)


counts = []
monitor = gevent.get_hub().start_periodic_monitoring_thread()
monitor.add_monitoring_function(count_threads, 10)  # seconds
# end: functions
gevent.sleep(0.05)


def block():
    """Keep the thread from running the loop."""
    time.sleep(0.1)


while not any("in block" in report for report in reports):
    gevent.spawn(block).join()
print("block was reported")

# begin: known
monitor = gevent.get_hub().periodic_monitoring_thread
if monitor is not None:
    monitor.ignore_current_greenlet_blocking()  # until this greenlet switches
# end: known

# begin: hook
trace = []
with gevent.get_hub().add_switch_hook(lambda origin, target: trace.append(target)):
    gevent.sleep(0.001)
# end: hook
print("switches:", len(trace))
