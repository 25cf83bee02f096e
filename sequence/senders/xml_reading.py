"""Reads XML as JSON: an element is a text, or an object of its attributes (`@name`), its text (`#text`) and its children.

Names are local ones, without prefixes; a child that comes twice is a list. There is no document type and no entity but the
five of XML itself, so nothing is fetched and nothing grows beyond the text.
"""

from xml.parsers import expat

from sequence.errors import StepError
from sequence.json_values import Json

_TEXT = "#text"


def xml_value(content: bytes, charset: str | None, depth: int, values: int) -> Json:
    """The document as an object with its root's name. `charset`: as the response told it, which goes before what the text says.

    Raises StepError for what is no XML, for a document type, for more than `depth` levels and more than `values` elements
    and attributes.
    """
    reader = _Reader(depth, values)
    try:
        parser = expat.ParserCreate(charset)
        reader.listen_to(parser)
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise StepError(f"the response is no XML: {error}") from None
    except (ValueError, LookupError) as error:
        raise StepError(f"the response is no XML that can be read: {error}") from None
    return reader.document.fields


class _Element:
    __slots__ = ("fields", "has_children", "name", "texts")

    def __init__(self, name: str) -> None:
        self.name = name
        self.fields: dict[str, Json] = {}
        self.texts: list[str] = []
        self.has_children = False

    def add(self, child: "_Element") -> None:
        value, name = child.value(), child.name
        self.has_children = True
        if name not in self.fields:
            self.fields[name] = value
        elif isinstance(self.fields[name], list):
            self.fields[name].append(value)
        else:
            self.fields[name] = [self.fields[name], value]

    def value(self) -> Json:
        text = "".join(self.texts)
        if not self.fields:
            return text
        if text.strip():
            # Between children the blanks are the layout's.
            self.fields[_TEXT] = text.strip() if self.has_children else text
        return self.fields


class _Reader:
    def __init__(self, depth: int, values: int) -> None:
        self.document = _Element("")
        self._open = [self.document]
        self._depth = depth
        self._left = self._most = values

    def listen_to(self, parser: expat.XMLParserType) -> None:
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text

    def _refuse_doctype(self, *_: object) -> None:
        raise StepError("the response has a document type (<!DOCTYPE ...>), which is not read: it may hold entities")

    def _start(self, name: str, attributes: list[str]) -> None:
        # Twice the depth: a child that comes twice is in a list.
        if 2 * len(self._open) > self._depth:
            raise StepError(f"the response is nested deeper than {self._depth} levels")
        self._left -= 1 + len(attributes) // 2
        if self._left < 0:
            raise StepError(f"the response has more than {self._most} elements and attributes, the limit")
        element = _Element(_local(name))
        pairs = zip(attributes[::2], attributes[1::2], strict=True)
        for key, value in sorted(pairs, key=lambda pair: ":" in pair[0]):
            if key != "xmlns" and not key.startswith("xmlns:"):
                element.fields.setdefault(f"@{_local(key)}", value)
        self._open.append(element)

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        self._open[-1].add(element)

    def _text(self, text: str) -> None:
        self._open[-1].texts.append(text)


def _local(name: str) -> str:
    return name.rpartition(":")[2]
