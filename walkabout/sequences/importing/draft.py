"""A sequence that is being made of another tool's file: its steps, its variables, and what could not be said."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sequence.language.save_keys import save_key
from walkabout.masking import is_telling
from walkabout.problems import Problem

STEPS_MOST = 2000
PROBLEMS_MOST = 500
EXPANDED_MOST = 20_000
"""How often the value of a variable that names others is put in."""
_DEEPEST = 50
_NESTED = 5  # variables whose values name variables
_VARIABLE = re.compile(r"\{\{\s*([^{}]{1,200}?)\s*\}\}")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SCHEME = re.compile(r"(?i)(bearer|basic|token|apikey)\s+(?=\S)")


class NotImportable(ValueError):
    """The file is none of those that can be taken over; the text says why."""


@dataclass(frozen=True)
class ImportedSequence:
    """What came of a file. `left_out`: what is not taken over, each with its place; `secrets`: the environment variables to
    set; `inputs`: the keys of the persistence that need a value."""

    sequence: dict[str, Any]
    left_out: tuple[Problem, ...]
    secrets: tuple[str, ...]
    inputs: tuple[str, ...]


@dataclass
class SequenceDraft:
    """Collects steps. `values`: what variables have at the start, by name; `saved`: the names that steps save."""

    values: dict[str, str] = field(default_factory=dict)
    saved: set[str] = field(default_factory=set)
    dynamic: Mapping[str, str] = field(default_factory=dict)
    dynamic_prefix: str = "$"
    steps: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[Problem] = field(default_factory=list)
    _expanded: int = 0
    _used: dict[str, str] = field(default_factory=dict)
    _secrets: dict[str, str | None] = field(default_factory=dict)

    def leave_out(self, place: str, what: str) -> None:
        """Note what is not taken over."""
        if len(self.left_out) < PROBLEMS_MOST:
            self.left_out.append(Problem(place, what))

    def add(self, step: dict[str, Any], place: str) -> None:
        """One more step."""
        if len(self.steps) >= STEPS_MOST:
            raise NotImportable(f"{place}: there are more than {STEPS_MOST} requests")
        self.steps.append(step)

    def text(self, text: str, place: str = "", level: int = _NESTED) -> str:
        """A text with variables as references."""

        def put(match: re.Match[str]) -> str:
            return self._reference(match[1], place, level)

        return _VARIABLE.sub(put, text)

    def value(self, value: Any, place: str, name: str = "", level: int = _DEEPEST) -> Any:
        """A JSON value with the variables in its texts as references; texts under telling names become secrets."""
        if level == 0:
            raise NotImportable(f"{place}: nested too deep")
        if isinstance(value, dict):
            return {self.text(key, place): self.value(item, place, key, level - 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, place, name, level - 1) for item in value]
        return self.guarded(name, value, place) if isinstance(value, str) else value

    def guarded(self, name: str, text: str, place: str) -> str:
        """The text under a name; one that is likely to be a live password or token becomes a secret."""
        if not is_telling(name) or not text or "{{" in text:
            return self.text(text, place)
        scheme = _SCHEME.match(text)
        kept = scheme[0] if scheme else ""
        return kept + self.secret(text[len(kept) :], name if not scheme else "TOKEN")

    def secret(self, value: str, name: str) -> str:
        """The reference to a live value, which is not taken over itself."""
        wanted = re.sub(r"\W", "_", _HUMP.sub("_", name)).upper().strip("_") or "SECRET"
        free, number = wanted, 1
        while self._secrets.get(free, value) != value:
            number += 1
            free = f"{wanted}_{number}"
        self._secrets[free] = value
        return f"{{{{secret.{free}}}}}"

    def reserve_secret(self, name: str) -> None:
        """A secret that the file names itself: no live value gets its name."""
        self._secrets[name] = None

    def done(self, *, cookies: bool) -> ImportedSequence:
        """The whole sequence."""
        known = {key: self.values[variable] for key, variable in self._used.items() if variable in self.values}
        inputs = [
            key for key, variable in self._used.items() if variable not in self.values and variable not in self.saved
        ]
        persistence: dict[str, Any] = {key: value for key, value in known.items() if self._used[key] not in self.saved}
        persistence |= dict.fromkeys(inputs, "")
        for key in inputs:
            self.leave_out(f"persistence.{key}", "has no value in the file; give it one")
        sequence: dict[str, Any] = {"persistence": persistence} if persistence else {}
        sequence |= {"cookies": True} if cookies else {}
        secrets = tuple(f"SECRET_{secret}" for secret in self._secrets)
        return ImportedSequence({**sequence, "requests": self.steps}, tuple(self.left_out), secrets, tuple(inputs))

    def _reference(self, name: str, place: str, level: int) -> str:
        if name in self.dynamic:
            return self.dynamic[name]
        if self.dynamic_prefix and name.startswith(self.dynamic_prefix):
            self.leave_out(place, f"{{{{{name}}}}} is made up anew each time; a UUID stands in for it")
            return "{{uuid}}"
        value = self.values.get(name)
        if value is not None and name not in self.saved:
            if "{{" in value and level:
                self._expanded += 1
                if self._expanded > EXPANDED_MOST:
                    raise NotImportable(f"{place}: values of variables name variables more than {EXPANDED_MOST} times")
                return self.text(value, place, level - 1)
            if is_telling(name) and value:
                return self.secret(value, name)
        return f"{{{{#.{self.key(name)}}}}}"

    def key(self, name: str) -> str:
        """The key of the persistence that a variable has."""
        key = save_key(name) or "_"
        self._used.setdefault(key, name)
        return key
