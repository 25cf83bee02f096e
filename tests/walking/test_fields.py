"""A walker's fields are its context."""

from typing import Annotated, Any, ClassVar

import pytest

from walkabout import Walker
from walkabout.walking.fields import BadContext, read_context


class Trip(Walker):
    """A walker with fields of all sorts."""

    goal: Annotated[str, "where to"]
    stops: list[str] = []
    days: int = 7
    LONGEST: ClassVar[int] = 30
    _hidden: int = 0


class LongTrip(Trip):
    """Adds a field, and another default."""

    days: int = 21
    guide: str | None = None


def problems(walker: type[Walker], **ctx: Any) -> list[str]:
    with pytest.raises(BadContext) as caught:
        walker(**ctx)
    return caught.value.errors


def test_annotated_names_are_fields() -> None:
    assert list(Trip.walker_fields) == ["goal", "stops", "days"]


def test_fields_are_inherited() -> None:
    assert list(LongTrip.walker_fields) == ["goal", "stops", "days", "guide"]
    assert LongTrip(goal="Rome").days == 21


def test_a_field_without_a_default_is_required() -> None:
    assert problems(Trip) == ["ctx.goal is required: str"]


def test_a_wrong_type_names_the_field() -> None:
    assert problems(Trip, goal="Rome", days="x") == ['ctx.days: expected int, not "x"']


def test_an_unknown_field_has_a_suggestion() -> None:
    assert problems(Trip, goal="Rome", day=1) == ["ctx.day: unknown, did you mean days?"]


def test_an_unknown_field_that_is_like_no_other_lists_all() -> None:
    assert problems(Trip, goal="Rome", zzz=1)[0].endswith("there are days, goal, stops")


def test_all_problems_come_at_once() -> None:
    assert len(problems(Trip, days="x", zzz=1)) == 3


def test_defaults_are_fresh_for_each_walker() -> None:
    Trip(goal="Rome").stops.append("Oslo")
    assert Trip(goal="Rome").stops == []


def test_what_is_missing_may_stay_so_if_asked() -> None:
    assert read_context(Trip.walker_fields, {"days": 1}, partial=True) == {"days": 1}


def test_texts_are_converted_if_asked() -> None:
    assert read_context(Trip.walker_fields, {"goal": "7", "days": "7"}, texts=True) == {"goal": "7", "days": 7}


def test_a_field_describes_itself() -> None:
    described = {name: field.describe() for name, field in Trip.walker_fields.items()}
    assert described["goal"] == {"type": "str", "default": None, "required": True, "doc": "where to"}
    assert described["stops"] == {"type": "list[str]", "default": [], "required": False, "doc": ""}


def test_a_field_that_hides_a_method_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Walker\.report"):

        class Wrong(Walker):
            report: int = 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Echo", "echo"), ("LongTrip", "long_trip"), ("Go2Rome", "go2_rome"), ("NotANumber", "not_a_number")],
)
def test_a_walkers_name_is_its_class_in_small_letters(name: str, expected: str) -> None:
    assert type(name, (Walker,), {}).walker_name == expected


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"time_limit": 0}, "time_limit"),
        ({"time_limit": -1}, "time_limit"),
        ({"time_limit": float("nan")}, "time_limit"),
        ({"time_limit": float("inf")}, "time_limit"),
        ({"max_attempts": 0}, "max_attempts"),
        ({"backoff": -1.0}, "backoff"),
    ],
)
def test_an_option_that_can_not_be_is_refused_when_the_file_is_loaded(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        type("Wrong", (Walker,), {}, **options)


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(TypeError, match="publik"):
        type("Wrong", (Walker,), {}, publik=True)
