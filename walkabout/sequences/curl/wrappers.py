"""Programs that stand before a request and change nothing of it: `nice -n 10 curl ...`, `timeout 30 curl ...`."""

import re
from collections.abc import Sequence

from walkabout.sequences.curl.call import program_of

_PLAIN = ("nohup", "exec", "command", "time", "chronic", "setsid", "env")  # without options of their own
_WITH_OPTIONS = {"nice": ("-n",), "ionice": ("-c", "-n")}  # and which of them have a value behind them
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def unwrapped(words: Sequence[str]) -> list[str]:
    """The words of a command without such programs; what `timeout` says becomes an option of curl. Others stay."""
    left = list(words)
    while len(left) > 1:
        name, behind = program_of(left[0]), left[1]
        if name in _PLAIN and not behind.startswith("-") and "=" not in behind:
            left = left[1:]
        elif name in _WITH_OPTIONS and (rest := _without_options(left[1:], _WITH_OPTIONS[name])):
            left = rest
        elif name == "timeout" and _DURATION.fullmatch(behind) and [program_of(word) for word in left[2:3]] == ["curl"]:
            number, unit = _DURATION.fullmatch(behind).groups()  # type: ignore[union-attr]
            # First, so that a time limit of the command's own counts.
            left = [left[2], "-m", f"{float(number) * _UNITS[unit]:g}", *left[3:]]
        else:
            break
    return left


def _without_options(words: list[str], with_value: Sequence[str]) -> list[str]:
    while words and words[0].startswith("-"):
        words = words[2 if words[0] in with_value else 1 :]
    return words
