"""Values from outside become the declared types, or say what was expected."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any

import pytest

from walkabout.json_text import excerpt
from walkabout.walking.files import File
from walkabout.walking.values import WrongType, convert, plain, type_name

FILE = {"name": "a.txt", "type": "text/plain", "size": 2, "base64": "aGk="}


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (1, int, 1),
        (2.0, int, 2),
        (-0.0, int, 0),
        (1, float, 1.0),
        (1.5, float, 1.5),
        (True, bool, True),
        ("a", str, "a"),
        (None, int | None, None),
        (3, int | None, 3),
        ([1, 2.0], list[int], [1, 2]),
        ({"a": 1}, dict[str, int], {"a": 1}),
        ({"a": [1.0]}, dict[str, list[int]], {"a": [1]}),
        ([1, "a", None], list[Any], [1, "a", None]),
        (1.0, Any, 1.0),
        ({"x": {"y": []}}, Any, {"x": {"y": []}}),
        (5, Annotated[int, "how many"], 5),
    ],
)
def test_json_fits_its_type(value: Any, kind: Any, expected: Any) -> None:
    made = convert(value, kind)
    assert made == expected
    assert type(made) is type(expected)


@pytest.mark.parametrize(("value", "kind"), [(FILE, File), ([FILE], list[File]), ({"a": FILE}, dict[str, File])])
def test_a_file_in_json_becomes_a_file(value: Any, kind: Any) -> None:
    made = convert(value, kind)
    assert made != value
    assert plain(made) == value


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (True, int, "expected int, not true"),
        ("2", int, 'expected int, not "2"'),
        (2.5, int, "expected int, not 2.5"),
        (1, bool, "expected bool, not 1"),
        ("true", bool, 'expected bool, not "true"'),
        (True, float, "expected float, not true"),
        (1, str, "expected str, not 1"),
        (None, int, "expected int, not null"),
        ([1, "a"], list[int], r"at \[1\]: expected int"),
        ({"a": "b"}, dict[str, int], "at .*: expected int"),
        ("a", list[int], "expected array, not"),
        ({"name": "a"}, File, "expected a file"),
        ({"base64": "%"}, File, "base64"),
    ],
)
def test_json_that_does_not_fit_says_what_was_expected(value: Any, kind: Any, words: str) -> None:
    with pytest.raises(WrongType, match=words):
        convert(value, kind)


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("5", int, 5),
        ("-5", int, -5),
        ("2.5", float, 2.5),
        ("true", bool, True),
        ("FALSE", bool, False),
        ("1", str, "1"),
        ("true", str, "true"),
        ("[1,2]", list[int], [1, 2]),
        ('{"a":1}', dict[str, int], {"a": 1}),
        ("[1", str, "[1"),
        ("", str, ""),
        ("7", int | None, 7),
    ],
)
def test_text_of_a_form_is_converted(text: str, kind: Any, expected: Any) -> None:
    assert convert(text, kind, from_text=True) == expected


@pytest.mark.parametrize(
    ("text", "kind"), [("yes", bool), ("1", bool), ("five", int), ("2.5", int), ("", int), ("[1", list[int])]
)
def test_text_of_a_form_that_does_not_fit_is_refused(text: str, kind: Any) -> None:
    with pytest.raises(WrongType, match=re.escape(excerpt(text))):
        convert(text, kind, from_text=True)


@pytest.mark.parametrize("text", ["nan", "inf", "1e999"])
def test_text_of_a_form_is_no_number_without_an_end(text: str) -> None:
    with pytest.raises(WrongType):
        convert(text, float, from_text=True)


@dataclass
class Point:
    x: int
    y: int


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (date(2026, 11, 24), "2026-11-24"),
        (datetime(2026, 11, 24, 8, tzinfo=UTC), "2026-11-24T08:00:00Z"),
        (Point(1, 2), {"x": 1, "y": 2}),
        ({1: "a"}, {"1": "a"}),
        (File("a.txt", "text/plain", b"hi"), FILE),
        ([File("a.txt", "text/plain", b"hi")], [FILE]),
    ],
)
def test_what_has_a_form_in_json_is_written_in_it(value: Any, expected: Any) -> None:
    assert plain(value) == expected


def test_what_has_no_form_in_json_is_named() -> None:
    with pytest.raises(TypeError, match="object has no form in JSON"):
        plain(object())


def test_a_plain_value_is_a_copy() -> None:
    value = {"a": [1]}
    copy = plain(value)
    value["a"].append(2)
    assert copy == {"a": [1]}


def test_long_values_are_cut_where_errors_show_them() -> None:
    assert len(excerpt("x" * 500)) == 60


@pytest.mark.parametrize(
    ("kind", "name"),
    [(int, "int"), (list[str], "list[str]"), (Any, "any"), (dict[str, Any], "dict[str, any]"), (list[File], "list[File]"),
     (int | None, "int | None")],
)  # fmt: skip
def test_types_are_named_as_people_write_them(kind: Any, name: str) -> None:
    assert type_name(kind) == name
