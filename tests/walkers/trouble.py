"""Walkers for the tests: they do what walkers should not do, and what few walkers do."""

import os
import random
import signal
import time
from pathlib import Path
from typing import Annotated, Any

from walkabout import File, Node, Walker, at


class KillOnce(Walker):
    """Changes its node, then kills its own process, unless the marker file is there already."""

    marker: str

    @at()
    def die(self, here: Node) -> None:
        here["kills"] = here.get("kills", 0) + 1
        here.create("debris")
        if not Path(self.marker).exists():
            Path(self.marker).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        self.report("survived")


class KillAlways(Walker):
    """Kills its own process each time."""

    @at()
    def die(self, here: Node) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class Stubborn(Walker, time_limit=1.0):
    """Catches every exception, and goes on for ever."""

    @at()
    def go_on(self, here: Node) -> None:
        here["stubborn"] = True
        while True:
            try:
                time.sleep(0.01)
            except Exception:
                continue


class Unstoppable(Walker, time_limit=1.0):
    """Catches everything, and goes on for ever: only a kill helps."""

    @at()
    def go_on(self, here: Node) -> None:
        here["unstoppable"] = True
        while True:
            try:
                sum(range(1000))
            except BaseException:
                continue


class Burn(Walker):
    """Computes for some seconds without pause."""

    seconds: float = 1.0

    @at()
    def burn(self, here: Node) -> None:
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            sum(range(1000))
        self.report("burnt")


class Hold(Walker):
    """Runs until a file is there; `begun`: a file that says that it has begun."""

    until: str
    begun: str = ""

    @at()
    def hold(self, here: Node) -> None:
        here["held"] = here.get("held", 0) + 1
        if self.begun:
            Path(self.begun).touch()
        while not Path(self.until).exists():
            time.sleep(0.01)
        self.report("released")


class Flaky(Walker, max_attempts=3):
    """Raises until the file holds as many lines as it should."""

    journal: str
    good_at: int = 3

    @at()
    def go(self, here: Node) -> None:
        with open(self.journal, "a") as file:
            file.write("tried\n")
        tries = len(Path(self.journal).read_text().splitlines())
        if tries < self.good_at:
            raise RuntimeError(f"try {tries}")
        self.report(tries)


class Stroll(Walker):
    """Visits one node a run, then pauses."""

    seen: int = 0

    @at()
    def step(self, here: Node) -> None:
        self.seen += 1
        self.report(here.get("name", here.kind))
        self.visit(here.out())
        self.pause()


class Status(Walker):
    """Sets the status of its answer."""

    code: int = 201

    @at()
    def go(self, here: Node) -> None:
        self.set_status(self.code)


class Parent(Walker):
    """Starts other walkers, now and as jobs."""

    @at()
    def go(self, here: Node) -> None:
        here["parent"] = True
        self.report(self.run("echo", value="now"))
        self.report(self.start("count", by=5))


class Album(Walker):
    """Reads files."""

    photo: Annotated[list[File], "the pictures"] = []
    title: str = ""

    @at()
    def look(self, here: Node) -> None:
        self.report({"title": self.title, "sizes": [photo.size for photo in self.photo]})
        self.report([photo.read().decode("latin-1") for photo in self.photo])
        self.report(self.photo)


class Typed(Walker):
    """Fields of many types, one of them required."""

    number: int
    ratio: float = 0.5
    flag: bool = False
    names: list[str] = []
    extra: dict[str, Any] = {}
    maybe: int | None = None

    @at()
    def go(self, here: Node) -> None:
        self.report([self.number, self.ratio, self.flag, self.names, self.extra, self.maybe])


class WhoAsks(Walker):
    """Reports who asked, and how."""

    @at()
    def go(self, here: Node) -> None:
        self.report({"caller": self.caller.email, "request": self.request})


class Late(Walker, is_async=True):
    """Runs in the background unless asked otherwise."""

    @at()
    def go(self, here: Node) -> None:
        self.report("done")


class Circle(Walker):
    """Visits its node for ever."""

    @at()
    def go(self, here: Node) -> None:
        self.visit(here, again=True)


class NotANumber(Walker):
    """Reports what JSON can't hold."""

    @at()
    def go(self, here: Node) -> None:
        self.report(float("nan"))


class OnceOnly(Walker, repeatable=False):
    """May not be run twice."""


class Post(Walker):
    """Sends a POST, then changes its node."""

    url: str

    @at()
    def go(self, here: Node) -> None:
        self.report(self.http.post(self.url, json={}).status)
        here["posted"] = here.get("posted", 0) + 1


class GetBotset(Walker):
    """The walker that the seed's example runs."""

    @at()
    def go(self, here: Node) -> None:
        self.report("botset")


class Neighbours(Walker):
    """Reports the edges at a node, both ways, and the nodes at their other ends."""

    @at()
    def look(self, here: Node) -> None:
        for thing in (*here.edges_out(), *here.edges_in(), *here.out(), *here.into()):
            self.report(thing)


class Fill(Walker):
    """Makes a node with a long text."""

    size: int = 0

    @at()
    def fill(self, here: Node) -> None:
        here.create("full", text="x" * self.size)


class Turnstile(Walker):
    """Adds 1 to its node's count, and takes some milliseconds for it: many at once on one node are in each other's way."""

    least: float = 0.005
    most: float = 0.02

    @at()
    def go(self, here: Node) -> None:
        count = here.get("count", 0)
        time.sleep(random.uniform(self.least, self.most))
        here["count"] = count + 1


class NoText(Exception):
    """Has no text."""

    def __str__(self) -> str:
        raise ValueError("none")


def deep(levels: int) -> list[Any]:
    """A list in a list in a list."""
    made: list[Any] = []
    for _ in range(levels):
        made = [made]
    return made


class Raises(Walker):
    """Fails in a way that is hard to tell."""

    how: str

    @at()
    def fail(self, here: Node) -> None:
        if self.how == "no text":
            raise NoText
        if self.how == "half":
            raise ValueError("a\ud800b")
        if self.how == "huge":
            raise ValueError("x" * 30_000_000)
        if self.how == "deep context":
            here["deep"] = deep(600)
        self.report(deep(600 if self.how == "deep" else 10 if self.how == "deep context" else 100_000))
