"""Copies an argument, and makes sure that it holds only plain JSON values within a depth."""

import math
from collections.abc import Mapping

from sequence.json_values import Json
from sequence.language import paths
from sequence.problems import Problem

WHOLE = "argument"
"""The path of a problem of the argument as a whole."""
PROBLEMS_MOST = 100
"""Problems of an argument that are told; who has so many mends these first."""


def plain_value(value: object, depth: int, path: str = "") -> tuple[Json, list[Problem]]:
    """An own copy of `value`, and what in it is not JSON (RFC 8259): other types, NaN, keys that are no text, depth.

    The copy shares nothing with the given value, so a run can never change its caller's argument. Of many problems the
    first PROBLEMS_MOST are told.
    """
    problems: list[Problem] = []
    return _copy(value, path, depth, problems), problems


def _refuse(problems: list[Problem], trail: paths.Trail, message: str) -> None:
    if len(problems) < PROBLEMS_MOST:
        problems.append(Problem(paths.path_of(trail) or WHOLE, message))


def _copy(value: object, trail: paths.Trail, depth: int, problems: list[Problem]) -> Json:
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return _number(value, trail, problems)
    if depth <= 0:
        _refuse(problems, trail, "nested too deep; the limit is the setting depth")
        return None
    if isinstance(value, Mapping):
        return _object(value, trail, depth, problems)
    if isinstance(value, (list, tuple)):
        return [_copy(item, (trail, i), depth - 1, problems) for i, item in enumerate(value)]
    _refuse(problems, trail, f"{type(value).__name__} is not JSON")
    return None


def _number(value: float, trail: paths.Trail, problems: list[Problem]) -> float | None:
    if math.isfinite(value):
        return float(value)
    _refuse(problems, trail, f"{value} is not JSON; use null or a text")
    return None


def _object(value: Mapping[object, object], trail: paths.Trail, depth: int, problems: list[Problem]) -> dict[str, Json]:
    copy: dict[str, Json] = {}
    for key, item in value.items():
        if isinstance(key, str):
            copy[str(key)] = _copy(item, (trail, key), depth - 1, problems)
        else:
            _refuse(problems, trail, f"the key {repr(key)[:60]} is not a text")
    return copy
