"""The starter sentinel: small walkers to try the service with, and to learn from."""

import time
from typing import Annotated, Any

from walkabout import Meta, Node, Walker, at


class Echo(Walker, public=True):
    """Reports the value that it was given."""

    value: Annotated[Any, "anything"] = None

    @at()
    def answer(self, here: Node) -> None:
        self.report(self.value)


class Init(Walker):
    """Builds a small example graph below the node it is at: three cities and the roads between them.

    A second run changes nothing. Reports the names of the cities, sorted.
    """

    NAMES = ("Lyon", "Oslo", "Rome")

    @at()
    def build(self, here: Node) -> None:
        cities = {city["name"]: city for city in here.out("road") if city.kind == "city"}
        if len(cities) < len(self.NAMES):
            here.touch()  # two at one time would both find no cities
        for name in self.NAMES:
            if name not in cities:
                cities[name] = here.create("city", edge="road", name=name)
        for start, end in zip(self.NAMES, self.NAMES[1:] + self.NAMES[:1], strict=True):
            if cities[end] not in cities[start].out("road"):
                cities[start].connect(cities[end], "road")
        for name in sorted(self.NAMES):
            self.report(name)


class Run(Walker):
    """Walks all that can be reached, breadth first, and reports each node."""

    @at()
    def go_on(self, here: Node) -> None:
        self.report(here)
        self.visit(here.out())


class Grow(Walker):
    """Creates nodes connected to the node it is at."""

    count: Annotated[int, "how many nodes", Meta(ge=0)] = 1
    kind: Annotated[str, "the kind of the nodes"] = "leaf"

    @at()
    def grow(self, here: Node) -> None:
        for _ in range(self.count):
            here.create(self.kind)
        self.report(self.count)


class Count(Walker):
    """Adds to the number `count` in the context of the node it is at, and reports the new number."""

    by: Annotated[int, "how much to add"] = 1

    @at()
    def add(self, here: Node) -> None:
        here["count"] = here.get("count", 0) + self.by
        self.report(here["count"])


class Slow(Walker):
    """Adds 1 to the node's `count`, then sleeps in steps, and tells its progress."""

    seconds: Annotated[float, "how long it takes in all", Meta(ge=0)] = 1.0
    steps: Annotated[int, "in how many steps", Meta(ge=1)] = 10

    @at()
    def sleep(self, here: Node) -> None:
        here["count"] = here.get("count", 0) + 1
        for step in range(self.steps):
            time.sleep(self.seconds / self.steps)
            self.progress(step + 1, self.steps, f"step {step + 1} of {self.steps}")
        self.report("done")


class Fetch(Walker):
    """Makes one request to the outside world, and reports its status and body."""

    url: Annotated[str, "where to"]
    method: Annotated[str, "GET, POST, ..."] = "GET"

    @at()
    def fetch(self, here: Node) -> None:
        answer = self.http.request(self.method, self.url)
        self.report({"status": answer.status, "body": answer.body})


class Fail(Walker):
    """Adds 1 to the node's `count`, then raises a ValueError: nothing of it is kept."""

    message: Annotated[str, "the error's text"] = "failed"

    @at()
    def fail(self, here: Node) -> None:
        here["count"] = here.get("count", 0) + 1
        raise ValueError(self.message)
