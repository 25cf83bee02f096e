"""The walk itself, on a real graph."""

from typing import Any

import pytest

from tests.support.queries import statements
from tests.support.walks import keep, root_of, view_of, walk
from walkabout import Node, Walker, at
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.walking.walk import StepLimit
from walkabout.walking.walker import StartOptions


@pytest.fixture
def tree(service: Service, ana: Master) -> None:
    """root -> a, b; a -> c, d; b -> d."""
    view = view_of(service, ana)
    root = root_of(view, ana)
    a, b = root.create("place", name="a"), root.create("place", name="b")
    a.create("place", name="c")
    d = a.create("place", name="d")
    b.connect(d)
    keep(service, view)


class Go(Walker):
    """Reports each place and goes on."""

    @at("place")
    def see(self, here: Node) -> None:
        self.report(here["name"])

    @at()
    def go_on(self, here: Node) -> None:
        self.visit(here.out())


@pytest.mark.usefixtures("tree")
class TestOrder:
    def test_a_walk_goes_breadth_first(self, service: Service, ana: Master) -> None:
        assert walk(service, ana, Go()).ran.report == ["a", "b", "c", "d"]

    def test_a_walk_asks_once_for_each_level(self, service: Service, ana: Master) -> None:
        with statements(service.db) as asked:
            walk(service, ana, Go())
        assert len(asked) == 4  # the root; and the neighbours of the root, of a and b, of c and d

    def test_a_node_is_visited_again_if_asked(self, service: Service, ana: Master) -> None:
        class Again(Go):
            @at("root", "place")
            def go_on(self, here: Node) -> None:
                self.visit(here.out(), again=True)

        assert walk(service, ana, Again()).ran.report == ["a", "b", "c", "d", "d"]

    def test_stop_ends_the_walk_well(self, service: Service, ana: Master) -> None:
        class Stops(Go):
            @at("place")
            def see(self, here: Node) -> None:
                self.report(here["name"])
                if here["name"] == "b":
                    self.stop()

        ran = walk(service, ana, Stops()).ran
        assert (ran.report, ran.error, ran.paused) == (["a", "b"], None, False)

    def test_the_final_node_is_the_last_one_visited(self, service: Service, ana: Master) -> None:
        final = walk(service, ana, Go()).ran.final
        assert final is not None
        assert final["name"] == "d"

    def test_a_node_that_was_deleted_before_its_visit_is_left_out(self, service: Service, ana: Master) -> None:
        class Deletes(Go):
            @at("place")
            def see(self, here: Node) -> None:
                self.report(here["name"])
                for other in here.out():
                    other.delete()

        assert walk(service, ana, Deletes()).ran.report == ["a", "b"]

    def test_stop_is_not_kept_by_the_walkers_own_handler(self, service: Service, ana: Master) -> None:
        class Catches(Walker):
            @at()
            def go(self, here: Node) -> None:
                try:
                    self.stop()
                except Exception:
                    self.report("kept")

        assert walk(service, ana, Catches()).ran.report == []


def test_methods_run_in_the_order_of_the_class(service: Service, ana: Master) -> None:
    class Two(Walker):
        @at("root")
        def second_by_name(self, here: Node) -> None:
            self.report(1)

        @at()
        def first_by_name(self, here: Node) -> None:
            self.report(2)

        @at("place")
        def elsewhere(self, here: Node) -> None:
            self.report(3)

    assert walk(service, ana, Two()).ran.report == [1, 2]


def test_a_walk_that_never_ends_is_ended(service: Service, ana: Master) -> None:
    class Circle(Walker):
        @at()
        def go(self, here: Node) -> None:
            self.visit(here, again=True)

    error = walk(service, ana, Circle(), steps=50).ran.error
    assert isinstance(error, StepLimit)
    assert "50 steps" in str(error)


def test_steps_of_nested_walks_count(service: Service, ana: Master) -> None:
    class Inner(Walker):
        @at()
        def go(self, here: Node) -> None:
            self.visit(here, again=True)

    class Outer(Walker):
        @at()
        def go(self, here: Node) -> None:
            self.run("inner")

    assert isinstance(walk(service, ana, Outer(), known=[Inner], steps=50).ran.error, StepLimit)


def test_what_was_reported_does_not_change_later(service: Service, ana: Master) -> None:
    class Reports(Walker):
        @at()
        def go(self, here: Node) -> None:
            values = [1]
            self.report(values)
            values.append(2)
            here["n"] = 1
            self.report(here)
            here["n"] = 2

    values, node = walk(service, ana, Reports()).ran.report
    assert (values, node["context"]) == ([1], {"n": 1})


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3)])
def test_what_a_walker_raises_is_in_the_answer(service: Service, ana: Master, error: Any) -> None:
    class Raises(Walker):
        @at()
        def go(self, here: Node) -> None:
            self.report("before")
            raise error

    ran = walk(service, ana, Raises()).ran
    assert (ran.report, ran.error) == (["before"], error)


@pytest.mark.parametrize("value", ["text", 5, None, [1]])
def test_only_nodes_can_be_visited(service: Service, ana: Master, value: Any) -> None:
    class Visits(Walker):
        @at()
        def go(self, here: Node) -> None:
            self.visit(value)

    assert isinstance(walk(service, ana, Visits()).ran.error, TypeError)


@pytest.mark.parametrize(
    ("code", "fits"), [(200, True), (599, True), (199, False), (600, False), (True, False), ("200", False)]
)
def test_a_status_is_one_of_http(service: Service, ana: Master, code: Any, fits: bool) -> None:
    class Status(Walker):
        @at()
        def go(self, here: Node) -> None:
            self.set_status(code)

    ran = walk(service, ana, Status()).ran
    assert (ran.error is None, ran.status_code) == (fits, code if fits else None)


class Count(Walker):
    """Adds to the node it is at."""

    by: int = 1

    @at()
    def add(self, here: Node) -> None:
        here["count"] = here.get("count", 0) + self.by
        self.report(here["count"])


def test_a_nested_run_is_part_of_this_run(service: Service, ana: Master) -> None:
    class Outer(Walker):
        @at()
        def go(self, here: Node) -> None:
            self.report(self.run("count", by=5))
            self.report(here["count"])

    assert walk(service, ana, Outer(), known=[Count]).ran.report == [[5], 5]


def test_what_a_nested_run_raises_is_raised_where_it_was_started(service: Service, ana: Master) -> None:
    class Inner(Walker):
        @at()
        def go(self, here: Node) -> None:
            raise KeyError("inner")

    class Outer(Walker):
        @at()
        def go(self, here: Node) -> None:
            self.run("inner")

    assert isinstance(walk(service, ana, Outer(), known=[Inner]).ran.error, KeyError)


def test_stop_in_a_nested_run_ends_that_run_only(service: Service, ana: Master) -> None:
    class Inner(Walker):
        @at()
        def go(self, here: Node) -> None:
            self.stop()

    class Outer(Walker):
        @at()
        def go(self, here: Node) -> None:
            self.run("inner")
            self.report("went on")

    assert walk(service, ana, Outer(), known=[Inner]).ran.report == ["went on"]


def test_nested_runs_are_not_endless(service: Service, ana: Master) -> None:
    class Deep(Walker):
        @at()
        def go(self, here: Node) -> None:
            self.run("deep")

    assert isinstance(walk(service, ana, Deep(), known=[Deep], depth=3).ran.error, RecursionError)


def test_a_walker_starts_a_job_with_its_terms(service: Service, ana: Master) -> None:
    class Starts(Walker):
        @at()
        def go(self, here: Node) -> None:
            self.report(self.start("count", delay=5, priority=2, queue="slow", by=3))

    asked: list[tuple[Any, ...]] = []

    def start_job(*terms: Any) -> str:
        asked.append(terms)
        return "task"

    made = walk(service, ana, Starts(), known=[Count], start_job=start_job)
    assert made.ran.report == ["task"]
    terms = ("count", "root", {"by": 3}, StartOptions(5, 2, "slow"))
    assert [(w.walker_name, node.kind, *rest) for w, node, *rest in asked] == [terms]


def test_a_walker_that_does_not_walk_says_so() -> None:
    with pytest.raises(RuntimeError, match="count is not running"):
        Count().report(1)
