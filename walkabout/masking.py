"""Masks secrets for all rooms. The rules are the sequence library's (mask.py); the service adds its own secrets
here.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sequence.masking.masker import Masker, left_out
from sequence.masking.telling import is_telling
from sequence.masking.wording import MASK

__all__ = [
    "MASK", "Masker", "is_telling", "left_out", "moved_masks", "put_back", "secrets_of", "with_references",
]  # fmt: skip

_LEAST_OF_OURS = 16  # characters: a shorter SECRET_KEY may be a word, which would be masked in every text
_REFERENCES = re.compile(r"(?:(?:bearer|basic|token|apikey) )?(?:\{\{[^{}]{1,200}\}\})+", re.IGNORECASE)
"""A text of a sequence that holds nothing but references: they are no secrets, what they stand for is."""


def secrets_of(environ: Mapping[str, str]) -> dict[str, str]:
    """The secrets that an environment names as such: `SECRET_NAME`, with the service's own SECRET_KEY."""
    found = {name: value for name, value in environ.items() if name.startswith("SECRET_")}
    if len(found.get("SECRET_KEY", "")) < _LEAST_OF_OURS:
        found.pop("SECRET_KEY", None)
    return found


def with_references(masked: Any, real: Any) -> Any:
    """A masked value, in which texts that hold nothing but references (`{{secret.TOKEN}}`) stand as they are."""
    if isinstance(masked, dict) and isinstance(real, dict):
        return {key: with_references(inner, real[key]) if key in real else inner for key, inner in masked.items()}
    if isinstance(masked, list) and isinstance(real, list) and len(masked) == len(real):
        return [with_references(*pair) for pair in zip(masked, real, strict=True)]
    return real if masked == MASK and isinstance(real, str) and _REFERENCES.fullmatch(real) else masked


def moved_masks(edited: Any, real: Any) -> list[str]:
    """The paths of masks in what was edited that `put_back` found no place for: their values would be lost.

    None, if the real value has such a text itself.
    """
    if MASK in dict(_texts(real)).values():
        return []
    return [path for path, text in _texts(edited) if text == MASK]


def _texts(value: Any) -> Iterator[tuple[str, str]]:
    pending = [("", value)]
    while pending:
        path, one = pending.pop()
        if isinstance(one, dict):
            pending += [(f"{path}.{key}" if path else str(key), inner) for key, inner in one.items()]
        elif isinstance(one, list):
            pending += [(f"{path}[{place}]", inner) for place, inner in enumerate(one)]
        elif isinstance(one, str):
            yield path, one


def put_back(edited: Any, masked: Any, real: Any) -> Any:
    """An edited copy of a masked value, with the real values in place of masks that were not edited.

    `masked`: what was shown of `real`.
    """
    if edited == masked:
        return real
    if isinstance(edited, dict) and isinstance(masked, dict) and isinstance(real, dict):
        return {
            key: put_back(inner, masked[key], real[key]) if key in masked and key in real else inner
            for key, inner in edited.items()
        }
    if isinstance(edited, list) and isinstance(masked, list) and isinstance(real, list):
        beside = [*zip(masked, real, strict=True), *[(None, None)] * len(edited)]
        return [put_back(inner, *beside[place]) if place < len(real) else inner for place, inner in enumerate(edited)]
    return edited
