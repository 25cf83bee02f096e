"""Masks secrets for all rooms. The rules are the sequence library's (mask.py); the service adds its own secrets
here.
"""

from collections.abc import Mapping
from typing import Any

from sequence.masking.masker import Masker, left_out
from sequence.masking.telling import is_telling
from sequence.masking.wording import MASK

__all__ = ["MASK", "Masker", "is_telling", "left_out", "put_back", "secrets_of"]

_LEAST_OF_OURS = 16  # characters: a shorter SECRET_KEY may be a word, which would be masked in every text


def secrets_of(environ: Mapping[str, str]) -> dict[str, str]:
    """The secrets that an environment names as such: `SECRET_NAME`, with the service's own SECRET_KEY."""
    found = {name: value for name, value in environ.items() if name.startswith("SECRET_")}
    if len(found.get("SECRET_KEY", "")) < _LEAST_OF_OURS:
        found.pop("SECRET_KEY", None)
    return found


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
