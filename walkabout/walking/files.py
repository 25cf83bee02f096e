"""Files uploaded with a call, as walkers read them."""

import base64
import binascii
import io
from typing import Any


class File:
    """One uploaded file: its name, its media type, and its bytes. (No dataclass: it has a JSON form of its own.)"""

    __slots__ = ("content", "name", "type")

    def __init__(self, name: str, type: str, content: bytes) -> None:
        self.name = name
        self.type = type
        self.content = content

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return len(self.content)

    def read(self) -> bytes:
        """All of its bytes."""
        return self.content

    def text(self, encoding: str = "utf-8") -> str:
        """Its content as text."""
        return self.content.decode(encoding)

    def open(self) -> io.BytesIO:
        """A file object over its bytes, for libraries that want one."""
        return io.BytesIO(self.content)

    def as_object(self) -> dict[str, Any]:
        """The form that a file has in reports."""
        text = base64.b64encode(self.content).decode()
        return {"name": self.name, "type": self.type, "size": self.size, "base64": text}

    @classmethod
    def from_object(cls, value: Any) -> "File":
        """A file of the form that it has in reports. Raises ValueError."""
        if not isinstance(value, dict) or not isinstance(value.get("base64"), str):
            raise ValueError('expected a file, {"name","type","size","base64"}')
        try:
            content = base64.b64decode(value["base64"], validate=True)
        except binascii.Error as error:
            raise ValueError(f"base64: {error}") from None
        name, kind = value.get("name", ""), value.get("type", "application/octet-stream")
        if not isinstance(name, str) or not isinstance(kind, str):
            raise ValueError("a file's name and type are texts")
        return cls(name, kind, content)
