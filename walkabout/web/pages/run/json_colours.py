"""JSON in colours, as texts of HTML: keys, texts, numbers, and what is true, false or null."""

import re

from markupsafe import Markup, escape

_TOKEN = re.compile(
    r'(?P<string>"(?:\\.|[^"\\])*+"?)(?P<colon>\s*:)?|(?P<number>-?\d[\d.eE+-]*)|(?P<word>true|false|null)'
)
_CLASSES = {"number": "number", "word": "flag"}


def coloured(text: str) -> Markup:
    """A text of JSON, maybe cut off, with its tokens in elements that the style sheet colours; any other text as it is."""
    if text[:1] not in ("{", "[", '"') and not _TOKEN.fullmatch(text):
        return escape(text)
    parts, end = [], 0
    for token in _TOKEN.finditer(text):
        parts.append(escape(text[end : token.start()]))
        kind = _CLASSES.get(str(token.lastgroup)) or ("key" if token["colon"] else "text")
        shown = token["string"] or token[0]
        parts.append(Markup('<span class="json-{}">{}</span>').format(kind, shown))
        end = token.start() + len(shown)
    return Markup("").join([*parts, escape(text[end:])])
