"""Ask several, take the first answer."""

import gevent


def ask(group, name, seconds, answers):
    """Ask one; its answer ends the others."""
    gevent.sleep(seconds)
    answers.append(name)
    group.cancel(f"{name} has answered")


def fastest(servers):
    """Return the name of the one that answered first."""
    answers = []
    with gevent.TaskGroup() as group:
        for name, seconds in servers.items():
            group.spawn(ask, group, name, seconds, answers)
    print("ended because", group.scope.reason)
    return answers[0]


print(fastest({"far": 3600, "near": 0.01, "farther": 7200}))
