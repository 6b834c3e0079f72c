"""Two greenlets and one counter: every order that there is."""

import gevent
from gevent.virtual import explore

balance = 0


def withdraw(amount):
    global balance
    if balance >= amount:
        gevent.sleep(0)  # writes a log, say
        balance -= amount


def scenario(clock):
    global balance
    balance = 100
    for _ in range(2):
        gevent.spawn(withdraw, 60)
        gevent.sleep(0)
    clock.settle()
    assert balance >= 0, f"balance {balance}"


try:
    explore(scenario, runs=1000, exhaustive=True)
except AssertionError as error:
    print(error)
    print(*error.__notes__)
