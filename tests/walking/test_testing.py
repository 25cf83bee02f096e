"""The three lines in which a walker is tested without a server."""

import pytest

from walkabout import Node, Walker, at
from walkabout.testing import Playground, walk


class Greet(Walker):
    name: str = "you"

    @at()
    def greet(self, here: Node) -> None:
        here["greeted"] = here.get("greeted", 0) + 1
        self.report(f"hello, {self.name}")
        self.progress(1, 1, "done")


class Fails(Walker):
    @at()
    def fail(self, here: Node) -> None:
        raise ValueError("no")


def test_a_walker_walks_without_a_server() -> None:
    assert walk(Greet(name="Ana")).report == ["hello, Ana"]


def test_changes_are_kept_from_one_walk_to_the_next() -> None:
    ground = Playground()
    ground.walk(Greet())
    ground.walk(Greet())
    assert ground.root["greeted"] == 2


def test_what_a_walker_raises_is_raised_in_the_test() -> None:
    with pytest.raises(ValueError, match="no"):
        walk(Fails())


def test_the_root_can_be_prepared() -> None:
    ground = Playground()
    ground.build(greeted=5)
    ground.walk(Greet())
    assert ground.root["greeted"] == 6


def test_other_walkers_are_found_in_a_folder() -> None:
    class Calls(Walker):
        @at()
        def call(self, here: Node) -> None:
            self.report(self.run("echo", value=7))

    assert Playground("walkers").walk(Calls()).report == [[7]]
