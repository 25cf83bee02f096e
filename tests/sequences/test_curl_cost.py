"""What a curl line may cost that somebody made to cost as much as it can."""

from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise

import pytest

from tests.support.work import Work
from walkabout.sequences.curl.call import COMMAND_MOST, step_of
from walkabout.sequences.curl.refused import NotACall

CALL = "curl http://h/ "
CMD = 'curl ^"http://h^" '
SIZE = 4_000  # characters
MOST = 2.5


def _times(head: str, unit: str, tail: str = "") -> Callable[[int], str]:
    return lambda size: head + unit * ((size - len(head) - len(tail)) // len(unit)) + tail


LINES = {
    "a long word": _times(CALL + "-d ", "a"),
    "escapes": _times(CALL + "-d ", "\\a"),
    "quotes": _times(CALL + "-d ", "''"),
    "variables": _times(CALL + "-d ", "$a"),
    "codes": _times(CALL + "-d $'", "\\x41", "'"),
    "options": _times(CALL, "-s "),
    "letters of options": _times(CALL + "-", "s"),
    "outputs": _times(CALL, ">a"),
    "signs": _times(CALL, ">&"),
    "comments": _times("", "#\n", CALL),
    "headers": lambda size: CALL + " ".join(f"-H{at:07}:b" for at in range((size - len(CALL)) // 12)),
    "one header": _times(CALL, "-Ha:b "),
    "cookies": _times(CALL, "-ba=b "),
    "data": _times(CALL, "-da "),
    "fields": _times(CALL, "-Fa=b "),
    "options of a part": _times(CALL + "-F 'a=", ";type=b", "'"),
    "brackets": _times("curl http://h/", "[1"),
    "JSON": _times(CALL + "--json '", "[", "'"),
    "cmd's quotes, one unclosed": _times(CMD + '"', '\\"'),
    "cmd's quotes in a word": _times(CMD + 'x"', 'a\\"'),
    "cmd's doubled quotes": _times(CMD + '"', '""'),
    "cmd's backslashes": _times(CMD + '"', "\\"),
    "cmd's carets": _times(CMD, "^^"),
    "cmd's blanks": _times(CMD + "^", " "),
}


def _read(line: str) -> None:
    with suppress(NotACall):
        step_of(line)


@pytest.mark.parametrize("name", LINES)
def test_work_grows_with_the_line(name: str) -> None:
    works = [Work() for _ in range(4)]
    for work, times in zip(works, (1, 1, 2, 4), strict=True):
        work.of(lambda times=times: _read(LINES[name](SIZE * times)))  # type: ignore[misc]
    for once, twice in pairwise(works[1:]):  # the first one made what is made once in a process
        assert twice.steps <= MOST * once.steps
        assert twice.looked_at <= MOST * once.looked_at


@pytest.mark.parametrize("name", LINES)
def test_the_longest_line_comes_to_an_end(name: str) -> None:
    """What an expression does inside is not counted: one that tries again from every quote would take minutes here."""
    _read(LINES[name](COMMAND_MOST))


@pytest.mark.parametrize("line", [CMD + '"a', CMD + '"a^\\', CMD + 'x"a\\"b', CMD + '"""', CMD + '"a" "b'])
def test_an_open_quote_of_cmd_is_told(line: str) -> None:
    with pytest.raises(NotACall, match='a " has no end'):
        step_of(line)


@pytest.mark.parametrize("number", ["inf", "nan", "-inf", "1e999"])
@pytest.mark.parametrize("option", ["--retry", "-m"])
def test_a_number_without_end_is_none(option: str, number: str) -> None:
    with pytest.raises(NotACall, match="is not a number"):
        step_of(f"{CALL}{option} {number}")
