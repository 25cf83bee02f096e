"""The persistence that all steps share, with its size limit, and separate views for items side by side."""

from collections import ChainMap
from collections.abc import Mapping, MutableMapping

from sequence.errors import LimitReached, StepError
from sequence.json_values import Json, excerpt, parse_json, too_deep, wire
from sequence.settings import SequenceLimits


class Memory:
    """The persistence of a run, or one item's view of it: what was there at the loop's start plus its own saves."""

    def __init__(
        self,
        document: MutableMapping[str, Json],
        limits: SequenceLimits,
        size: int,
        sizes: dict[str, int],
        names: MutableMapping[str, str],
        taken: dict[str, int] | None = None,
    ) -> None:
        self.document = document
        self.common = self
        """What everybody has: the memory itself, or as it was when the outermost loop side by side began."""
        self.taken = {} if taken is None else dict(taken)
        """By block of `retry.use`: its newest run whose saves are in here."""
        self._lent: set[str] = set()  # keys that were taken from such runs since the view was made
        self._names = names  # by key: what was written for it
        self._limits = limits
        self._size = size
        self._sizes = sizes

    @classmethod
    def of(cls, values: dict[str, Json], limits: SequenceLimits) -> "Memory":
        """A memory that begins with these values. Raises LimitReached."""
        memory = cls({}, limits, 2, {}, {})
        for key, value in values.items():
            memory.put(key, value)
        return memory

    def put(self, key: str, value: Json, name: str | None = None) -> None:
        """Copies the value in. `name`: what a step wrote for the key (see save_keys).

        Raises LimitReached when the persistence gets too large, StepError for a value that is too deep, and when another
        name has become the same key: one of both would be lost.
        """
        if name is not None:
            self._claim(key, name)
        self._lent.discard(key)
        text = wire(value)
        if too_deep(text, self._limits.depth):
            raise StepError(f"what is saved as {key} is nested deeper than {self._limits.depth} levels")
        self._charge(key, len(text))
        # Immutable values need no copy, the others are read back: a copy at the speed of C.
        self.document[key] = parse_json(text) if isinstance(value, (dict, list)) else value

    def _claim(self, key: str, name: str) -> None:
        other = self._names.setdefault(key, name)
        if other != name:
            raise StepError(f"{excerpt(other)} and {excerpt(name)} become the same key, {key}; give one another name")

    def _charge(self, key: str, length: int) -> None:
        size = len(key) + 4 + length
        grown = self._size + size - self._sizes.get(key, 0)
        limit = self._limits.persistence_bytes
        if grown > limit:
            raise LimitReached(f"the persistence grew to {grown} bytes with {key}; the limit is {limit}")
        self._size = grown
        self._sizes[key] = size

    def freeze(self) -> "Memory":
        """What is here now. The items of a loop have their views of this, or they would see each other being merged."""
        frozen = Memory(self.whole(), self._limits, self._size, dict(self._sizes), dict(self._names), self.taken)
        frozen.common = frozen if self.common is self else self.common
        return frozen

    def view(self) -> "Memory":
        """A view for one item: reads what is here now, keeps its own saves to itself until `merge`."""
        view = Memory(
            ChainMap({}, self.document),
            self._limits,
            self._size,
            dict(self._sizes),
            ChainMap({}, self._names),
            self.taken,
        )
        view.common = self.common
        return view

    def merge(self, view: "Memory") -> None:
        """Takes over what a view saved. Raises LimitReached, and StepError as `put` does."""
        assert isinstance(view._names, ChainMap)
        for key, name in view._names.maps[0].items():
            self._claim(key, name)
        for key, value in view.saved().items():
            self._charge(key, view._sizes[key] - len(key) - 4)
            self._lent.discard(key)
            self.document[key] = value

    def saved(self) -> dict[str, Json]:
        """What a view itself has saved."""
        assert isinstance(self.document, ChainMap)
        return {key: value for key, value in self.document.maps[0].items() if key not in self._lent}

    def take(self, saves: Mapping[str, Json]) -> None:
        """Takes over what a run of a block saved for everybody. Raises LimitReached."""
        for key, value in saves.items():
            self._charge(key, len(wire(value)))
            self.document[key] = value
            self._lent.add(key)

    def whole(self) -> dict[str, Json]:
        """All of it as an object of its own; its values are shared, nobody changes them."""
        return dict(self.document)
