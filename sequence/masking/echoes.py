"""The forms a secret can take in a response: in JSON, a URL, HTML, hexadecimal or Base64."""

import html
import json
from base64 import b64encode
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, quote_plus

LEAST = 4  # characters of a secret that is looked for within texts
_URL_SAFE = str.maketrans("+/", "-_")
_IN_COMPONENTS, _IN_URLS = "!'()*", "!'()*;,/?:@&=+$#"
"""What encodeURIComponent and encodeURI leave as it is (ECMA-262, 19.2.6), of what Python's quote does not."""
_DIGITS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")


class SecretForm(NamedTuple):
    """One look of a secret. `before`, `after`: the digit on that side has bits of it too (Base64)."""

    text: str
    before: bool = False
    after: bool = False

    def masked_in(self, text: str, mask: str) -> str:
        """The text with a mask wherever this look is found. Linear in the text."""
        at = text.find(self.text)
        if at < 0:
            return text
        parts, done = [], 0
        while at >= 0:
            start, end = at, at + len(self.text)
            if self.before and start > done and text[start - 1] in _DIGITS:
                start -= 1
            if self.after and text[end : end + 1] in _DIGITS:
                end += 1
            parts += [text[done:start], mask]
            done = end
            at = text.find(self.text, done)
        return "".join(parts) + text[done:]


@lru_cache(maxsize=1024)
def echoes(secret: str) -> tuple[SecretForm, ...]:
    """All looks of a secret, the longest first; none of one that is too short to be told from other text."""
    if len(secret) < LEAST:
        return ()
    content = secret.encode("utf-8", "surrogatepass")
    texts = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    for is_ascii in (True, False):  # JSON as a text within JSON
        inner = json.dumps(secret, ensure_ascii=is_ascii)[1:-1]
        texts.add(json.dumps(inner, ensure_ascii=is_ascii)[1:-1])
    for quoted in (
        quote(secret, "", errors="replace"),
        quote_plus(secret, errors="replace"),
        quote(secret, errors="replace"),
        quote(secret, _IN_COMPONENTS, errors="replace"),
        quote(secret, _IN_URLS, errors="replace"),
    ):
        texts |= {quoted, _lower_hex(quoted)}
    texts |= {html.escape(secret), html.escape(secret, quote=False), content.hex(), content.hex().upper()}
    found = {SecretForm(text) for text in texts} | set(_in_base64(content))
    within = json.dumps(secret, ensure_ascii=False)[1:-1]
    if within != secret:  # Base64 of JSON that has it
        found |= set(_in_base64(within.encode("utf-8", "surrogatepass")))
    return tuple(sorted(found, key=lambda echo: len(echo.text), reverse=True))


def _in_base64(content: bytes) -> Iterator[SecretForm]:
    """What is left of it whatever stands around it: three octets are four digits, so it may begin at three places."""
    for skipped in range(3):
        digits = b64encode(bytes(skipped) + content).decode()
        first, last = -(-8 * skipped // 6), 8 * (skipped + len(content)) // 6
        before, after = 8 * skipped % 6 != 0, 8 * (skipped + len(content)) % 6 != 0
        for text in {digits[first:last], digits[first:last].translate(_URL_SAFE)}:
            yield SecretForm(text, before, after)


def _lower_hex(quoted: str) -> str:
    head, *pieces = quoted.split("%")
    return "%".join([head, *(piece[:2].lower() + piece[2:] for piece in pieces)])
