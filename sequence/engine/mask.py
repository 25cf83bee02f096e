"""The one place that masks what people must not read: secrets, credentials in headers, values of telling names."""

import json
import re
from collections.abc import Mapping
from urllib.parse import quote, quote_plus

from sequence.language.json_values import Json

MASK = "***"
_TELLING = re.compile(
    r"authorization|cookie|passw(or)?d|passphrase|secret|credential|api[-_]?key|access[-_]?key|private[-_]?key"
    r"|(^|[-_.])(pwd|pass|jwt|otp|pin)$|tokens?$",
    re.IGNORECASE,
)
_IN_URL = re.compile(r"([?&;]([^=&#;?]+)=)([^&#;\s\"']*)")
_USER = re.compile(r"(://)[^/@\s]+@")
_LEAST = 4
_MOST_KNOWN = 1000


def is_telling(name: str) -> bool:
    """Whether a key of this name is likely to hold a password, a token or the like."""
    return _TELLING.search(name) is not None


class Masker:
    """Masks for one run. Secrets are known from the start; other sensitive values are learned as they pass by."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = sorted({form for value in secrets.values() for form in _forms(value)}, key=len, reverse=True)
        self._short = {value for value in secrets.values() if value and len(value) < _LEAST}
        self._known: dict[str, None] = {}
        self._telling: dict[str, bool] = {}

    def text(self, text: str) -> str:
        """A text such as an error's or a curl line: secrets, learned values and telling parts of URLs are masked."""
        text = self.secrets_in(text)
        for value in sorted(self._known, key=len, reverse=True):
            text = text.replace(value, MASK)
        return self.url(text)

    def url(self, text: str) -> str:
        """A URL, or a text with some: user names and telling parameters are masked."""
        text = self.secrets_in(text)
        # Most texts have neither; to look for one character is cheaper than for a pattern.
        if "@" in text:
            text = _USER.sub(rf"\1{MASK}@", text)
        if "=" in text:
            text = _IN_URL.sub(lambda found: found[1] + MASK if self.is_telling(found[2]) else found[0], text)
        return text

    def secrets_in(self, text: str) -> str:
        """A text without the values of `secret.NAME`, also as they look in a URL or in JSON."""
        if text in self._short:
            return MASK
        for form in self._secrets:
            if form in text:
                text = text.replace(form, MASK)
        return text

    def without_secrets(self, value: Json) -> Json:
        """A copy in which only the values of `secret.NAME` are masked: what a run's owner gets."""
        if not self._secrets and not self._short:
            return value
        if isinstance(value, str):
            return self.secrets_in(value)
        if isinstance(value, dict):
            return {self.secrets_in(key): self.without_secrets(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.without_secrets(item) for item in value]
        return value

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
            known = self._telling[name] = is_telling(name)
        return known

    def learn(self, value: str) -> None:
        """Remembers a sensitive value, so that error texts which quote it are masked too."""
        if value in self._known:
            return
        self._known |= dict.fromkeys(_forms(value))
        while len(self._known) > _MOST_KNOWN:
            del self._known[next(iter(self._known))]


def _forms(secret: str) -> set[str]:
    if len(secret) < _LEAST:
        return set()
    quoted = {quote(secret, safe="", errors="replace"), quote_plus(secret, errors="replace")}
    return {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], *quoted}


class _Cut:
    """One masked, cut copy. The budget is shared by all parts, so a huge body costs no more than a small one."""

    def __init__(self, masker: Masker, budget: int, learned: list[str]) -> None:
        self.masker = masker
        self.left = budget
        self.learned = learned

    def copy(self, value: Json) -> Json:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return self._object(value)
        if isinstance(value, list):
            return self._list(value)
        self.left -= 6
        return value

    def _text(self, text: str) -> str:
        # Masked before it is cut, or half of a secret would be left at the end.
        cut = self.masker.url(text[: self.left + 4096])
        for value in self.learned:
            cut = cut.replace(value, MASK)
        room = max(self.left, 0)
        self.left -= min(len(cut), room) + 2
        return cut if len(text) <= room else f"{cut[:room]}... ({len(text)} characters)"

    def _object(self, value: Mapping[str, Json]) -> dict[str, Json]:
        copy: dict[str, Json] = {}
        for place, (key, item) in enumerate(value.items()):
            if self.left <= 0:
                copy["..."] = f"{len(value) - place} more keys"
                break
            self.left -= len(key) + 4
            if item is not None and self.masker.is_telling(key):
                self._learn(item)
                copy[key] = MASK
                self.left -= 5
            else:
                copy[self.masker.secrets_in(key)] = self.copy(item)
        return copy

    def _learn(self, item: Json) -> None:
        for value in item if isinstance(item, list) else [item]:
            # Of "Bearer abc" the second word is what must not be seen elsewhere.
            for piece in {value, value.rsplit(" ", 1)[-1]} if isinstance(value, str) else ():
                if len(piece) >= _LEAST:
                    self.masker.learn(piece)
                    self.learned.append(piece)

    def _list(self, value: list[Json]) -> list[Json]:
        copy: list[Json] = []
        for place, item in enumerate(value):
            if self.left <= 0:
                copy.append(f"... {len(value) - place} more")
                break
            copy.append(self.copy(item))
        return copy
