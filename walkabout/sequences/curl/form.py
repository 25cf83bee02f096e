"""The parts of a form that curl sends as multipart/form-data (curl(1), -F)."""

import re
from pathlib import PurePosixPath
from typing import Any

from walkabout.sequences.curl.refused import NotACall

_OPTION = re.compile(r";\s*(type|filename|headers|encoder)\s*=\s*", re.IGNORECASE)
# Curl's own table of types, by the end of the file's name.
_TYPES = {
    ".gif": "image/gif", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".svg": "image/svg+xml",
    ".txt": "text/plain", ".htm": "text/html", ".html": "text/html", ".pdf": "application/pdf", ".xml": "application/xml",
}  # fmt: skip


class FormParts:
    """The parts that have been read. A form keeps their order: fields, then files."""

    def __init__(self) -> None:
        self.form: dict[str, Any] = {}
        self.files: dict[str, Any] = {}
        self._last = ""

    def __bool__(self) -> bool:
        return bool(self.form or self.files)

    def add(self, text: str) -> None:
        """A part as -F has it: `name=content`, with `;type=` and `;filename=`. Raises NotACall."""
        name, content = _name_and_content(text)
        if content.startswith(("@", "<")):
            raise NotACall(
                f"-F {name}={content[:40]} sends a file, which a step can't read; put its content into the step"
            )
        content, options = _split(content)
        if "filename" not in options:
            if options:
                raise NotACall(f"-F {name}: ;{min(options)}= without ;filename= has no equivalent in a step")
            self._add_field(name, content)
            return
        if options.keys() - {"filename", "type"}:
            raise NotACall(f"-F {name}: ;{min(options.keys() - {'filename', 'type'})}= has no equivalent in a step")
        if name in self.files:
            raise NotACall(f"-F {name} is given twice as a file")
        file = options["filename"]
        kind = options.get("type") or _TYPES.get(PurePosixPath(file).suffix.lower(), "application/octet-stream")
        self.files[name] = {"name": file, "type": kind, "text": content}

    def add_text(self, text: str) -> None:
        """A part as --form-string has it: the content is taken as it is. Raises NotACall."""
        self._add_field(*_name_and_content(text))

    def _add_field(self, name: str, content: str) -> None:
        if self.files or (name in self.form and self._last != name):
            raise NotACall(f"-F {name}: a step sends fields before files, and those of one name together")
        self._last = name
        if name not in self.form:
            self.form[name] = content
        elif isinstance(self.form[name], list):
            self.form[name].append(content)
        else:
            self.form[name] = [self.form[name], content]

    def content(self) -> dict[str, Any]:
        """The keys of a step."""
        return ({"form": self.form} if self.form else {}) | ({"files": self.files} if self.files else {})


def _name_and_content(text: str) -> tuple[str, str]:
    name, separator, content = text.partition("=")
    if not separator:
        raise NotACall(f'-F "{text[:40]}" is not "name=content"')
    return name, content


def _split(content: str) -> tuple[str, dict[str, str]]:
    """The content of a part, and what follows it after semicolons; either may be quoted."""
    quoted = re.match(r'"((?:\\.|[^"\\])*)"\s*(?=;|$)', content)
    # Of what is not quoted curl takes all before the first semicolon, and drops what it does not know behind it.
    first = quoted.end() if quoted else (content + ";").index(";")
    options: dict[str, str] = {}
    found = list(_OPTION.finditer(content, first))
    for this, following in zip(found, [*found[1:], None], strict=False):
        value = content[this.end() : following.start() if following else len(content)].strip()
        options[this[1].lower()] = _unquote(value)
    return (_unquote(quoted[0].strip()) if quoted else content[:first]), options


def _unquote(text: str) -> str:
    return re.sub(r"\\([\\\"])", r"\1", text[1:-1]) if len(text) > 1 and text[0] == text[-1] == '"' else text
