"""What a walker may know of the request that it came from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from walkabout import json_text
from walkabout.walking.files import File

T = TypeVar("T")


class _ByName(dict[str, T], Generic[T]):
    """Values by name: of a name that stands there several times the first one.

    `getlist(name)` gives all of them, as in Flask.
    """

    def __init__(self, values: Mapping[str, T | list[T]] | Iterable[tuple[str, T]] = ()) -> None:
        """`values`: name and value in their order, or by name a value or several."""
        self._all: dict[str, list[T]] = {}
        if isinstance(values, Mapping):
            self._all = {name: list(found) if isinstance(found, list) else [found] for name, found in values.items()}
        else:
            for name, value in values:
                self._all.setdefault(name, []).append(value)
        super().__init__({name: found[0] for name, found in self._all.items() if found})

    def getlist(self, name: str) -> list[T]:
        """All values of a name in their order; none when it does not stand there."""
        return list(self._all.get(name, ()))


class TextFields(_ByName[str]):
    """The texts of a form or a query by name."""

    def by_name(self) -> dict[str, str | list[str]]:
        """Each name with its text, or with a list where it has several."""
        return {name: found[0] if len(found) == 1 else list(found) for name, found in self._all.items()}


class FileFields(_ByName[File]):
    """The files of a multipart body by name.

    `places`: where each stands in the body, as JSON: its field, its name, its media type, its first byte, its length.
    """

    def __init__(
        self,
        values: Mapping[str, File | list[File]] | Iterable[tuple[str, File]] = (),
        places: Sequence[Sequence[Any]] = (),
    ) -> None:
        """`values`: name and file in their order, or by name a file or several."""
        super().__init__(values)
        self.places = places

    @classmethod
    def within(cls, body: bytes, places: Sequence[Sequence[Any]]) -> "FileFields":
        """The files that stand at these places of a body."""
        return cls(((field, File(name, kind, body[at : at + size])) for field, name, kind, at, size in places), places)


@dataclass(frozen=True)
class Request:
    """What a walker may know of the request that it came from; credentials in headers are left out.

    `headers`: by their names in lower case; `remote`: the address of who sent it. With walker_callback alone come `url`,
    whole, with the query as it was sent; `body`, as it was sent; and of a form `form`, its texts, and `files`.
    """

    method: str = ""
    path: str = ""
    query: TextFields = field(default_factory=TextFields)
    headers: dict[str, str] = field(default_factory=dict)
    remote: str = ""
    url: str = ""
    body: bytes = b""
    form: TextFields = field(default_factory=TextFields)
    files: FileFields = field(default_factory=FileFields)

    def __post_init__(self) -> None:
        """Take plain dictionaries, too, as tests of walkers give them."""
        for name, kind in (("query", TextFields), ("form", TextFields), ("files", FileFields)):
            given = getattr(self, name)
            if not isinstance(given, kind):
                object.__setattr__(self, name, kind(given))

    @property
    def type(self) -> str:
        """The media type of the body, in lower case and without what stands behind it: `application/json`."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """The body as a JSON value, whatever its type says. Raises ValueError when it is none."""
        return json_text.decode(self.body, json_text.DEPTH_MOST, json_text.VALUES_MOST)

    def text(self, encoding: str = "utf-8") -> str:
        """The body as text. Raises ValueError when it is none."""
        return self.body.decode(encoding)

    def without_body(self) -> dict[str, Any]:
        """All of it as JSON, but for the body; see `from_json`."""
        told: dict[str, Any] = {
            "method": self.method,
            "path": self.path,
            "query": self.query.by_name(),
            "headers": self.headers,
            "remote": self.remote,
        }
        if self.url:
            told |= {"url": self.url, "form": self.form.by_name()}
        if self.files.places:
            told["files"] = self.files.places
        return told

    @classmethod
    def from_json(cls, plain: Mapping[str, Any], body: bytes) -> "Request":
        """The request that `without_body` wrote; without its body (b"") it has no files either."""
        rest = dict(plain)
        places = rest.pop("files", ())
        return cls(**rest, body=body, files=FileFields.within(body, places if body else ()))
