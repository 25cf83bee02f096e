"""The access tokens that a run has fetched, by the words that ask for them."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from sequence.json_values import Json, wire
from sequence.senders.base import Try


@dataclass(slots=True)
class SharedToken:
    """The token of some words: all steps that say them share it. Hold `lock` to read or change it.

    `count`: how many there were. `places`: the requests that they came from.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    token: str = ""
    count: int = 0
    places: set[Try] = field(default_factory=set)


class AccessTokens:
    """The access tokens of a run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shared: dict[str, SharedToken] = {}

    def of(self, grant: Mapping[str, Json]) -> SharedToken:
        """The token that these words ask for."""
        with self._lock:
            return self._shared.setdefault(wire(grant), SharedToken())
