"""What a walker may know of the request that it came from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from walkabout import json_text


class TextFields(dict[str, str]):
    """The texts of a form or a query by name: of a name that stands there several times the first one.

    `getlist(name)` gives all of them, as in Flask.
    """

    def __init__(self, texts: Mapping[str, str | list[str]] | Iterable[tuple[str, str]] = ()) -> None:
        """`texts`: name and text in their order, or by name a text or several."""
        self._all: dict[str, list[str]] = {}
        if isinstance(texts, Mapping):
            self._all = {name: [text] if isinstance(text, str) else list(text) for name, text in texts.items()}
        else:
            for name, text in texts:
                self._all.setdefault(name, []).append(text)
        super().__init__({name: found[0] for name, found in self._all.items() if found})

    def getlist(self, name: str) -> list[str]:
        """All texts of a name in their order; none when it does not stand there."""
        return list(self._all.get(name, ()))

    def by_name(self) -> dict[str, str | list[str]]:
        """Each name with its text, or with a list where it has several."""
        return {name: found[0] if len(found) == 1 else list(found) for name, found in self._all.items()}


@dataclass(frozen=True)
class Request:
    """What a walker may know of the request that it came from; credentials in headers are left out.

    `headers`: by their names in lower case; `remote`: the address of who sent it. With walker_callback alone come `url`,
    whole, with the query as it was sent; `body`, as it was sent; and `form`, the texts of a form.
    """

    method: str = ""
    path: str = ""
    query: TextFields = field(default_factory=TextFields)
    headers: dict[str, str] = field(default_factory=dict)
    remote: str = ""
    url: str = ""
    body: bytes = b""
    form: TextFields = field(default_factory=TextFields)

    def __post_init__(self) -> None:
        """Take plain dictionaries, too, as tests of walkers give them."""
        for name in ("query", "form"):
            given = getattr(self, name)
            if not isinstance(given, TextFields):
                object.__setattr__(self, name, TextFields(given))

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
        return told

    @classmethod
    def from_json(cls, plain: Mapping[str, Any], body: bytes) -> "Request":
        """The request that `without_body` wrote."""
        return cls(**plain, body=body)
