"""Problems: one text, and paths that are put in front and taken off by rule."""

import pytest

from sequence.problems import Invalid, Problem, gather, refuse, within


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("api", "is no URL"), "api: is no URL"),
        (Problem("ctx.goal", "is required: str", is_missing=True), "ctx.goal is required: str"),
        (Problem("", "expected an object"), "expected an object"),
    ],
)
def test_a_problem_is_one_line(problem: Problem, text: str) -> None:
    assert str(problem) == text


@pytest.mark.parametrize(
    ("path", "inner", "whole"),
    [
        ("schedule.conf", "minute", "schedule.conf.minute"),
        ("body.requests", "[1].api", "body.requests[1].api"),
        ("body", "", "body"),
        ("", "name", "name"),
    ],
)
def test_what_holds_it_stands_in_front(path: str, inner: str, whole: str) -> None:
    problem = Problem(inner, "is wrong", is_missing=True)
    assert problem.within(path) == Problem(whole, "is wrong", is_missing=True)
    if path:
        assert problem.within(path).beneath(path) == problem


@pytest.mark.parametrize("path", ["bodyguard.name", "other", ""])
def test_what_stands_elsewhere_is_not_beneath(path: str) -> None:
    assert Problem(path, "is wrong").beneath("body") is None


def test_invalid_is_raised_through_rooms_that_know_the_prefix() -> None:
    class Named(Invalid):
        pass

    with pytest.raises(Named) as caught, within("body"), within("conf"):
        raise Named([Problem("minute", "is past"), Problem("hour", "is past")])
    assert caught.value.errors == ["body.conf.minute: is past", "body.conf.hour: is past"]
    assert str(caught.value) == "body.conf.minute: is past; body.conf.hour: is past"


def test_several_are_gathered() -> None:
    problems: list[Problem] = []
    for name in ("first", "second"):
        with gather(problems, "conf"):
            raise refuse(name, "is wrong")
    assert problems == [Problem("conf.first", "is wrong"), Problem("conf.second", "is wrong")]
