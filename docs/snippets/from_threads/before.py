"""With threads."""

from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from threading import Event, Lock, Thread

lock, queue, begin = Lock(), Queue(), Event()


def work(number):
    """Put a number into the queue, when told to begin."""
    begin.wait()
    with lock:
        queue.put(number)


threads = [Thread(target=work, args=(n,)) for n in range(3)]
for thread in threads:
    thread.start()
begin.set()
for thread in threads:
    thread.join()
print(sorted(queue.get() for _ in threads))

with ThreadPoolExecutor(4) as executor:
    print(list(executor.map(abs, [-1, -2])))
