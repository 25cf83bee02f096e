"""JSON as people write it."""

from pathlib import Path

import pytest

import sequence
from sequence import BadText, read

SEED = (Path(__file__).parent / "seed_example.txt").read_text()


def test_the_seeds_structure_is_read_as_it_stands() -> None:
    document = read(SEED)
    assert sequence.check(document.value) == []
    assert [str(warning) for warning in document.warnings] == [
        "requests[1].__def_loop__.requests[0].__def_loop: left out, as its value is ..."
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[1, 2,]", [1, 2]),
        ('{"a": 1,}', {"a": 1}),
        ("[1, // one\n 2, /* two */ ]", [1, 2]),
        ('{"a": ..., "b": 1}', {"b": 1}),
        ('{"a": 1, ...}', {"a": 1}),
        ('{"a": 1, ..., "b": 2}', {"a": 1, "b": 2}),
        ('{..., "b": 2}', {"b": 2}),
        ("{...}", {}),
        ("[1, ...]", [1]),
        ("[..., 2]", [2]),
        ('"// no comment ... ,]"', "// no comment ... ,]"),
        ('["a\\"//", 1]', ['a"//', 1]),
        ("\ufeff{}", {}),
        ('{"u": "http://x/"} // end', {"u": "http://x/"}),
    ],
)
def test_reads(text: str, value: object) -> None:
    assert read(text).value == value


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ('{"a": NaN}', 1, 7, "NaN"),
        ("[1,\n -Infinity]", 2, 2, "-Infinity"),
        ('{"a": 1,\n "a": 2}', 2, 2, "duplicate"),
        ('{"a": {"b": 1, "b": 1}}', 1, 16, "duplicate"),
        ("[1 2]", 1, 4, "delimiter"),
        ("[,]", 1, 2, "value"),
        ("[1,,]", 1, 4, "value"),
        ("{ /* open", 1, 3, "not closed"),
        ("// only\n", 2, 1, "value"),
        pytest.param("[" * 990 + "]" * 990, 1, 1, "too deep", id="990 levels"),
        pytest.param("[" * 90_000, 1, 1, "too deep", id="90000 levels"),
        ('{"a": 1 /* c */ "b": 2}', 1, 17, "delimiter"),
    ],
)
def test_refuses_with_line_and_column(text: str, line: int, column: int, says: str) -> None:
    with pytest.raises(BadText) as refused:
        read(text)
    assert (refused.value.line, refused.value.column) == (line, column)
    assert says in str(refused.value)


def test_a_path_has_the_place_of_its_key_or_of_the_nearest_around_it() -> None:
    document = read('{\n  // steps\n  "requests": [\n    {"method": "GET", "api": "x"}\n  ]\n}')
    assert document.place("requests[0].api") == (4, 23)
    assert document.place("requests[0].nope.deeper") == (4, 5)
    assert document.place("elsewhere") == (1, 1)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "/" * 1000, '"', "...", ""])
def test_odd_texts_are_read_or_refused(text: str) -> None:
    try:
        read(text)
    except BadText as refused:
        assert refused.line >= 1
