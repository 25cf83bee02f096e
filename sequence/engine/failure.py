"""The error of a step that was not ignored, on its way out through the loops."""

from dataclasses import dataclass

from sequence.json_values import Json


@dataclass(frozen=True, slots=True)
class Failure:
    """Where it failed, the words for people, what `$` and `save_to` get, and the steps that "again" would send."""

    path: str
    message: str
    value: Json
    paths: tuple[str, ...]

    @classmethod
    def of(cls, path: str, message: str) -> "Failure":
        """A failure that is no HTTP status: `$` gets `{"worker_error": message}` (the original)."""
        return cls(path, message, {"worker_error": message}, (path,))
