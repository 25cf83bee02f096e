"""Masks secrets before people see them: secret values, credentials, and values under secret names (telling.py)."""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property

from sequence.json_values import Json, excerpt
from sequence.masking.echoes import LEAST, SecretForm, echoes
from sequence.masking.telling import AUTH, BASIC, is_telling
from sequence.masking.wording import MASK, masked_words

_MOST_KNOWN = 300
_MOST_LEARNED = 50  # sensitive values of one value that are looked for in the rest of it
_MOST_NAMES = 4096
_ONLY_SOMETIMES = frozenset({AUTH, BASIC, "value"})
_SCHEMES = frozenset({"bearer", "basic", "token", "apikey", "negotiate"})  # of "Bearer abc" the second word counts
_PAST_THE_CUT = 4096
_REST = "..."  # with how many there are more, in place of what a copy has no room for
_REST_OF_LIST, _REST_OF_OBJECT = re.compile(r"\.\.\. (\d+) more"), re.compile(r"(\d+) more keys")
_LONGEST_PIECE = 2048  # characters of a sensitive value that is looked for elsewhere, too


class Masker:
    """Masks for one run, or for a service. Secrets are known from the start; other sensitive values are learned as they
    pass by."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._values = [value for value in secrets.values() if value]
        self._short = {value for value in self._values if len(value) < LEAST}
        self._known: dict[str, None] = {}
        self._telling: dict[str, bool] = {}

    @cached_property
    def _secrets(self) -> tuple[SecretForm, ...]:
        return _longest_first(self._values)

    @cached_property
    def past_the_cut(self) -> int:
        """So many characters more than are shown are masked first: half a secret must not be left at the end."""
        return max([_PAST_THE_CUT, *(len(echo.text) + 1 for echo in self._secrets)])

    def text(self, text: str) -> str:
        """A text such as an error's, a log's or a curl line: secrets, learned values and what its words tell."""
        return masked_words(_without(self.secrets_in(text), _longest_first(self._known)), self.is_telling)

    def url(self, text: str) -> str:
        """A URL, or a text with some: secrets and what its words tell."""
        return masked_words(self.secrets_in(text), self.is_telling)

    def has_secret(self, text: str) -> bool:
        """Whether a text has the value of a `secret.NAME` in it, in any of its forms."""
        return self.secrets_in(text) != text

    def secrets_in(self, text: str) -> str:
        """A text without the values of `secret.NAME`, also as they look in a URL, in JSON or in Base64."""
        return MASK if text in self._short else _without(text, self._secrets)

    def without_secrets(self, value: Json) -> Json:
        """A copy in which only the values of `secret.NAME` are masked: what a run's owner gets."""
        if not self._values:
            return value
        if isinstance(value, str):
            return self.secrets_in(value)
        if isinstance(value, dict):
            return {self.secrets_in(key): self.without_secrets(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.without_secrets(item) for item in value]
        return value

    def masked(self, value: Json) -> Json:
        """A whole copy for people, with nothing cut: what is sensitive in one place of it is masked in all.

        Nothing is remembered: what one person's value has must not be seen in how another's is masked.
        """
        learned: list[str] = []
        self._look_for(value, learned)
        return _Cut(self, _WITHOUT_END, learned, remembers=False).copy(value)

    def excerpt(self, name: str, value: Json) -> str:
        """What stands under a name, in a message: masked, then cut."""
        return MASK if self.is_telling(name) else excerpt(self.masked({name: value})[name])

    def for_people(self, value: Json, budget: int, learned: list[str] | None = None) -> Json:
        """A copy for people: masked, and cut to about `budget` bytes.

        Sensitive values that are met are added to `learned`, and those in it are masked wherever they stand: servers
        echo what they were sent.
        """
        return _Cut(self, budget, [] if learned is None else learned).copy(value)

    def is_telling(self, name: str) -> bool:
        """`is_telling`, remembered: the same few names come by in each step."""
        known = self._telling.get(name)
        if known is None:
            if len(self._telling) >= _MOST_NAMES:
                self._telling.clear()
            known = self._telling[name] = is_telling(name)
        return known

    def tells(self, name: str, value: Mapping[str, Json], around: str) -> bool:
        """Whether what an object has under this name is sensitive. `around`: the name under which the object stands."""
        is_telling = self.is_telling(name)
        if not is_telling and name not in _ONLY_SOMETIMES:
            return False
        item = value[name]
        if item is None or isinstance(item, bool) or item in ("", [], {}):
            return False
        if name == "value":
            # A list of pairs, as headers and variables are often written: {"name": "password", "value": ...}.
            label = value.get("name") or value.get("key")
            return isinstance(label, str) and self.is_telling(label)
        if name == "key" and "value" in value:
            return False  # it is such a label
        return is_telling or (around == AUTH if name == BASIC else not isinstance(item, Mapping))

    def learn(self, value: str) -> None:
        """Remembers a sensitive value, so that error texts which quote it are masked too."""
        self._known[value] = None
        while len(self._known) > _MOST_KNOWN:
            del self._known[next(iter(self._known))]

    def _look_for(self, value: Json, learned: list[str], around: str = "") -> None:
        if isinstance(value, Mapping):
            for name, item in value.items():
                if self.tells(name, value, around):
                    learned += pieces(item)
                else:
                    self._look_for(item, learned, name)
        elif isinstance(value, list):
            for item in value:
                self._look_for(item, learned, around)
        del learned[_MOST_LEARNED:]


def pieces(item: Json) -> list[str]:
    """The texts of a sensitive value that must not be seen elsewhere."""
    if isinstance(item, Mapping):
        return [piece for inner in item.values() for piece in pieces(inner)]
    if isinstance(item, list):
        return [piece for inner in item for piece in pieces(inner)]
    if not isinstance(item, str):
        return []
    scheme, _, rest = item.partition(" ")
    piece = rest if scheme.lower() in _SCHEMES and len(rest) >= LEAST else item
    return [piece] if LEAST <= len(piece) <= _LONGEST_PIECE else []


def _longest_first(values: Iterable[str]) -> tuple[SecretForm, ...]:
    found = {echo for value in values for echo in echoes(value)}
    return tuple(sorted(found, key=lambda echo: len(echo.text), reverse=True))


def _without(text: str, looks: tuple[SecretForm, ...]) -> str:
    # The last one is the shortest: most texts are shorter than any of them.
    if not looks or len(text) < len(looks[-1].text):
        return text
    for look in looks:
        if look.text in text:
            text = look.masked_in(text, MASK)
    return text


def left_out(value: Json) -> int:
    """How many items of a list, or keys of an object, a copy for people lacks, as the mark at its end says; 0: none.

    The mark is no item and no key of what was copied.
    """
    if isinstance(value, Mapping):
        mark = _REST_OF_OBJECT.fullmatch(str(value.get(_REST, "")))
    else:
        mark = (
            _REST_OF_LIST.fullmatch(value[-1])
            if isinstance(value, list) and value and isinstance(value[-1], str)
            else None
        )
    return int(mark[1]) if mark else 0


_WITHOUT_END = 2**62  # a budget that nothing uses up


class _Cut:
    """One masked, cut copy. The budget is shared by all parts, so a huge body costs no more than a small one."""

    def __init__(self, masker: Masker, budget: int, learned: list[str], *, remembers: bool = True) -> None:
        self.masker = masker
        self.remembers = remembers
        self.left = budget
        self.learned = learned
        self.looks = _longest_first(learned)

    def copy(self, value: Json, around: str = "") -> Json:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return self._object(value, around)
        if isinstance(value, list):
            return self._list(value, around)
        self.left -= 6
        return value

    def _text(self, text: str) -> str:
        cut = self.masker.url(text[: self.left + self.masker.past_the_cut])
        cut = _without(cut, self.looks)
        room = max(self.left, 0)
        self.left -= min(len(cut), room) + 2
        return cut if len(text) <= room else f"{cut[:room]}... ({len(text)} characters)"

    def _object(self, value: Mapping[str, Json], around: str) -> dict[str, Json]:
        copy: dict[str, Json] = {}
        for place, (key, item) in enumerate(value.items()):
            if self.left <= 0:
                copy[_REST] = f"{len(value) - place} more keys"
                break
            self.left -= len(key) + 4
            if self.masker.tells(key, value, around):
                self._learn(item)
                copy[key] = MASK
                self.left -= 5
            else:
                copy[self.masker.secrets_in(key)] = self.copy(item, key)
        return copy

    def _learn(self, item: Json) -> None:
        for piece in pieces(item):
            if self.remembers:
                self.masker.learn(piece)
            if len(self.learned) < _MOST_LEARNED and piece not in self.learned:
                self.learned.append(piece)
                self.looks = _longest_first(self.learned)

    def _list(self, value: list[Json], around: str) -> list[Json]:
        copy: list[Json] = []
        for place, item in enumerate(value):
            if self.left <= 0:
                copy.append(f"{_REST} {len(value) - place} more")
                break
            copy.append(self.copy(item, around))
        return copy
