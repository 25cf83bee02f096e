"""What strings of a step become."""

from typing import Any

import pytest

import sequence
from sequence.language.templates import compile_template

MEMORY = {"s": "x", "n": 5, "f": 1.5, "t": True, "null": None, "o": {"a": [1, "é"]}, "secret": "{{#.n}}", "big": 10**30}


def body_of(body: Any) -> Any:
    mock = sequence.Mock()
    run = sequence.run(
        {"persistence": MEMORY, "requests": [{"method": "POST", "api": "http://x", "body": body}]}, sender=mock
    )
    assert run.ok, run.error
    return mock.sent[0].body


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a {{#.s}} b", "a x b"),
        ("{{#.s}}{{#.s}}", "xx"),
        ("n={{#.n}}", "n=5"),  # the original crashed on a number
        ("{{#.f}}/{{#.t}}/{{#.null}}/{{#.no}}", "1.5/true//"),
        ("o: {{#.o}}", 'o: {"a":[1,"é"]}'),
        ("{{#.big}}", 10**30),
        (" {{#.n}}", " 5"),
        ("{{{#.n}}}", "{5}"),
        ('{"a":{{#.n}}}', '{"a":5}'),
        ("{{#.secret}} {{#.secret}}", "{{#.n}} {{#.n}}"),
        ("{{ not a reference }}", "{{ not a reference }}"),
        ("{{ #.n }} {{#.n }} {{ #.n}} {{#.n}}", "5 5 5 5"),
        ("${{ #.n }} ${{ env.X }}", "${{ #.n }} ${{ env.X }}"),
        ("{{ # of rows }} {{ now is }} {{ $x }}", "{{ # of rows }} {{ now is }} {{ $x }}"),
        ("{{ #.o.a[0] }} {{#.o.a[-1]}}", "1 é"),
        ("{{#each rows}}{{/each}}", "{{#each rows}}{{/each}}"),
        ("{{", "{{"),
        ("}} {{ }}", "}} {{ }}"),
        ("{{}}", "{{}}"),
        ("{{#.no|a}}-{{#.no|b}}", "a-b"),
    ],
)
def test_a_string_becomes(text: str, value: Any) -> None:
    assert body_of({"it": text}) == {"it": value}


def test_strings_are_resolved_at_any_depth_and_in_lists() -> None:
    assert body_of([{"a": ["{{#.n}}", ["{{#.s}}"]]}, "{{#.o}}"]) == [{"a": [5, ["x"]]}, {"a": [1, "é"]}]


def test_keys_of_objects_are_resolved() -> None:
    assert body_of({"{{#.s}}": "{{#.s}}", "n{{#.n}}": {"{{= $string(n) }}": 1}}) == {"x": "x", "n5": {"5": 1}}


def test_keys_that_become_the_same_are_an_error_of_the_step() -> None:
    step = {"method": "POST", "api": "http://x", "body": {"a": [{"x": 1, "{{#.s}}": 2}]}}
    run = sequence.run({"persistence": MEMORY, "requests": [step]}, sender=sequence.Mock())
    assert run.error.message == 'two keys become the same, "x"'


@pytest.mark.parametrize("text", ["{{foo}}", "{{#each}}", "{{$.a", "{{#.}}", "x {{persistence.a}} y", "{{$5.00}}"])
def test_a_template_that_cannot_work_is_refused_with_its_path(text: str) -> None:
    problems = sequence.check({"requests": [{"method": "POST", "api": "http://x", "body": {"a": [text]}}]})
    assert [problem.path for problem in problems] == ["requests[0].body.a[0]"]


def test_what_has_no_template_is_not_copied() -> None:
    value = {"a": [1, {"b": "c"}]}
    assert compile_template(value, "", lambda *_: None) is value


@pytest.mark.parametrize(
    "text", ["{" * 200_000, "{{$" * 50_000, "{{#.a|" + "}}x" * 50_000, "{{(" * 50_000, "{{a}" * 50_000]
)
def test_a_hostile_text_is_read_in_one_go(text: str) -> None:
    assert isinstance(sequence.check({"requests": [{"method": "POST", "api": "http://x", "body": text}]}), list)


def test_many_copies_of_a_large_value_are_an_error_of_the_step() -> None:
    body = ["{{#.big}}"] * 1000
    argument = {
        "persistence": {"big": "x" * 100_000},
        "requests": [{"method": "POST", "api": "http://x", "body": body}],
    }
    run = sequence.run(argument, sender=sequence.Mock())
    assert run.error is not None
    assert "limit of a request" in run.error.message
