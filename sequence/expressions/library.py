"""The library jsonata-python: imported here only.

It sets the interpreter's recursion limit to 10,000 when it is imported. That limit protects every decoder of the
process from data that is nested too deep, so it is put back.
"""

import datetime
import re
import sys
import threading
from types import SimpleNamespace
from typing import Any

import regex

_LIMIT = sys.getrecursionlimit()

from jsonata import datetimeutils, functions, jexception, jsonata, parser, signature, utils  # noqa: E402

sys.setrecursionlimit(_LIMIT)

DATE_S = 0.25
"""Seconds within which a date is found in a text by a picture."""


class _DatePattern:
    """What the library makes of a picture. It searches in time: a few parts of a picture that can be long in many ways
    are enough to search for days."""

    def __init__(self, pattern: str) -> None:
        self._pattern = regex.compile(pattern, regex.IGNORECASE)

    def search(self, text: str) -> Any:
        """The match, or None. Raises TimeoutError."""
        return self._pattern.search(text, timeout=DATE_S)


class _DateRegexes:
    """The module `re`, as the library uses it for dates."""

    IGNORECASE = re.IGNORECASE
    sub = staticmethod(re.sub)
    split = staticmethod(re.split)

    @staticmethod
    def compile(pattern: str, flags: int = 0) -> Any:
        """A pattern; that of a picture is the one which ignores case."""
        return _DatePattern(pattern) if flags else re.compile(pattern)


CLOCK = threading.local()
"""`ask`: gives the answer `now`, for the parts of a date that a text leaves out."""


class _Now:
    """Now, asked only if it is needed: what an expression asks is journaled."""

    def __getattr__(self, name: str) -> Any:
        moment = datetime.datetime.fromisoformat(CLOCK.ask("now"))
        return getattr(moment.astimezone(datetime.UTC).replace(tzinfo=None), name)


class _Moment(datetime.datetime):
    @classmethod
    def utcnow(cls) -> Any:
        """Of the run, not of the machine: a run that is resumed has to come out the same."""
        return _Now()


datetimeutils.re = _DateRegexes
datetimeutils.datetime = SimpleNamespace(**vars(datetime) | {"datetime": _Moment})
Jsonata: Any = jsonata.Jsonata
Parser: Any = parser.Parser
Symbol: Any = parser.Parser.Symbol
Signature: Any = signature.Signature
Functions: Any = functions.Functions
Dates: Any = datetimeutils.DateTimeUtils
JException: Any = jexception.JException
Items: Any = utils.Utils.JList
"""A list with the flags of JSONata: whether it is a sequence (then one item is that item, none is nothing) and more."""
NULL: Any = utils.Utils.NULL_VALUE
"""JSON's null while an expression runs; None is "nothing" there."""
NOT_GIVEN: Any = utils.Utils.NONE


def sequence_of(items: Any = ()) -> Any:
    """A sequence of these items."""
    made = Items(items)
    made.sequence = True
    return made


def is_sequence(value: Any) -> bool:
    """Whether a value is a sequence, which one item of it stands for."""
    return isinstance(value, Items) and bool(value.sequence)


def is_function(value: Any) -> bool:
    """Whether a value is a function, of the library, of ours or of the expression."""
    return isinstance(value, Jsonata.JFunctionCallable) or is_lambda(value)


def is_lambda(value: Any) -> bool:
    """Whether a value is a function that the expression defines."""
    return isinstance(value, Symbol) and bool(value._jsonata_lambda)
