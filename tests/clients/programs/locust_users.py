"""Users of both kinds; each says when it has done enough."""

from locust import FastHttpUser, HttpUser, constant, events, task

import gevent

counts = {}
is_ending = []
runner = None


@events.init.add_listener
def remember(environment, **_):
    """Keep what ends the run."""
    global runner
    runner = environment.runner


@events.request.add_listener
def count(name, **_):
    """End the run when each page was asked for five times."""
    counts[name] = counts.get(name, 0) + 1
    if len(counts) == 3 and min(counts.values()) >= 5 and not is_ending:
        is_ending.append(gevent.spawn(runner.quit))  # which ends the users


class Patched(HttpUser):
    """Uses requests."""

    wait_time = constant(0)

    @task
    def root(self):
        """Ask for a page."""
        self.client.get("/")


class Fast(FastHttpUser):
    """Uses geventhttpclient."""

    wait_time = constant(0)

    @task
    def echo(self):
        """Post something."""
        assert self.client.post("/echo", data="x" * 1000).content == b"x" * 1000

    @task
    def missing(self):
        """Ask for what is not there."""
        self.client.get("/missing")
