"""asyncio in a greenlet of a patched program."""

from gevent import monkey

monkey.patch_all()

import asyncio

import gevent

steps = []


async def count(name):
    """Wait three times."""
    for _ in range(3):
        await asyncio.sleep(0.02)
        steps.append(name)


async def main():
    """Run two tasks."""
    await asyncio.gather(count("task a"), count("task b"))


def ordinary():
    """Count in a greenlet."""
    for _ in range(3):
        gevent.sleep(0.02)
        steps.append("greenlet")


gevent.joinall([gevent.spawn(asyncio.run, main()), gevent.spawn(ordinary)])
print(sorted(steps))
print("one after the other:", steps in (sorted(steps), sorted(steps, reverse=True)))
