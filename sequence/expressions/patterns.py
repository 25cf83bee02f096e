"""Regexes of expressions: those of the package `regex`, each search bounded in time."""

from collections.abc import Iterator
from typing import Any

import regex

from sequence.expressions.bounds import Fault, Meter, Reached

LONGEST = 1000
"""Characters of a regex: beyond it compiling alone may take long."""


class Pattern:
    """A compiled regex. The library knows regexes by these four methods; ours takes only what `matches` finds."""

    __slots__ = ("_pattern", "text")

    def __init__(self, text: str, ignores_case: bool, is_multiline: bool) -> None:
        if len(text) > LONGEST:
            raise Fault(f"a regex has at most {LONGEST} characters, this one has {len(text)}")
        flags = (regex.IGNORECASE if ignores_case else 0) | (regex.MULTILINE if is_multiline else 0)
        try:
            self._pattern = regex.compile(text, flags)
        except (regex.error, RecursionError, OverflowError, ValueError) as error:
            raise Fault(f"/{text[:60]}/ is not a regex: {error}") from None
        self.text = text

    def matches(self, text: str, meter: Meter) -> Iterator[Any]:
        """The matches, one after the other; all searches together within the time that the evaluation has left."""
        at = 0
        while at <= len(text):
            meter.walk(1)
            seconds = min(meter.bounds.regex_s, meter.left_s())
            try:
                found = self._pattern.search(text, at, timeout=max(seconds, 0.001))
            except TimeoutError:
                raise Reached(f"the regex /{self.text[:60]}/ took longer than {seconds:g} s on a text") from None
            if found is None:
                return
            yield found
            at = found.end() + (found.end() == found.start())

    def search(self, _: str) -> None:
        """Only `matches` is bounded."""
        raise Fault("a regex can't be used here")

    finditer = sub = split = search


def compiled(text: str, flags: Any) -> Pattern:
    """What the library's parser calls for a regex literal. Raises Fault."""
    return Pattern(text, flags.case_insensitive, flags.multiline)
