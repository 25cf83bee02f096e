"""Finds secrets in a text by their context: a user in a URL, `Bearer abc`, `api_key=abc`, `"password": "abc"`."""

import re
from base64 import b64decode
from collections.abc import Callable
from urllib.parse import unquote_plus

MASK = "***"
IsTelling = Callable[[str], bool]

# Who finds none of these in a text (in lower case) needs no pattern.
_STEMS = (
    *("auth", "cookie", "pass", "secret", "cred", "key", "token", "pwd", "jwt", "otp", "pin", "sig", "bear"),
    *("basic", "negotiate", "string"),
)
_USER = re.compile(r"(//)[^/?#\s\"'<>]+@")
_PEM = re.compile(
    r"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----).*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|\Z)", re.DOTALL
)
_JWT = re.compile(r"\beyJ[A-Za-z0-9_\-]{6,}\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]*")
_SCHEME = re.compile(
    r"\b(bearer|basic|token|apikey|negotiate)(\s{1,9}|%20|\+)([A-Za-z0-9._~+/=%\-]{3,})", re.IGNORECASE
)
_LINE = re.compile(r"(?<![\w\-])((?:proxy-)?authorization|(?:set-)?cookie)(:[ \t]{1,9})[^\r\n\"']+", re.IGNORECASE)
# Heads with what comes behind them when their name is telling. All that a head takes is bounded, and none begins in another.
_PAIR = re.compile(r"(?:(?<=[?&;#\s\"'(,{\[=])|^)(?P<name>[^=&#;?\s\"'(,{}\[\]<>/]{1,100})=")
_PAIRED = re.compile(r"\"[^\"]*\"|'[^']*'|[^&#;\s\"']+")
_QUOTED = re.compile(r"(?<=[\"'])(?P<name>[\w.\- ]{1,100})(?:\\{0,9}[\"'])\s{0,9}:\s{0,9}")
_QUOTED_TEXT = re.compile(
    r"(?P<open>\")(?:[^\"\\]|\\.)*(?P<close>\")|(?P<open2>')(?:[^'\\]|\\.)*(?P<close2>')"
    r"|(?P<open3>\\+[\"'])(?:(?!(?P=open3))[\s\S])*(?P<close3>(?P=open3))|[^\s,;}\]\"'\\\[{]+"
)
_HEADER = re.compile(r"(?<![\w\"'.\-])(?P<name>[A-Za-z][\w\-]{1,60}):[ \t]{1,9}(?![\w\-]{1,60}:[ \t])")
_HEADED = re.compile(r"[^\s,;\"']{6,}")
_WORD = re.compile(r"[A-Za-z]?[a-z]*[.:!?)]*")
# What follows "Bearer" where people write about tokens instead of writing one.
_OF_TOKENS = frozenset(
    {
        "token",
        "tokens",
        "auth",
        "authentication",
        "authorization",
        "scheme",
        "header",
        "was",
        "and",
        "for",
        "from",
        "not",
    }
    | {"realm", "scope", "required", "missing", "expected", "realm=", "error=", "scope="}
)


def masked_words(text: str, is_telling: IsTelling) -> str:
    """The text without what its own words tell to be secret. Linear in the text."""
    # To look for a few characters is cheaper than any pattern, and most texts have none of them.
    if "@" in text and "//" in text:
        text = _USER.sub(rf"\1{MASK}@", text)
    if "PRIVATE KEY-----" in text:
        text = _PEM.sub(rf"\1{MASK}", text)
    if "eyJ" in text:
        text = _JWT.sub(MASK, text)
    if not ("=" in text or ":" in text or " " in text or "%" in text or "+" in text):
        return text
    if "%" not in text:
        lower = text.lower()
        if not any(stem in lower for stem in _STEMS):
            return text
    text = _SCHEME.sub(_of_scheme, text)
    if "=" in text:
        text = _masked_behind(text, _PAIR, _PAIRED, is_telling)
    if ":" in text:
        text = _LINE.sub(rf"\1\2{MASK}", text)
        text = _masked_behind(text, _QUOTED, _QUOTED_TEXT, is_telling)
        text = _masked_behind(text, _HEADER, _HEADED, is_telling, is_secret=_is_random)
    return text


def _masked_behind(
    text: str,
    head: re.Pattern[str],
    behind: re.Pattern[str],
    is_telling: IsTelling,
    is_secret: Callable[[str], bool] = bool,
) -> str:
    parts, done = [], 0
    for found in head.finditer(text):
        name = found["name"]
        if found.start() < done or not is_telling(unquote_plus(name) if "%" in name else name):
            continue
        value = behind.match(text, found.end())
        if value is None or not is_secret(value[0]):
            continue
        groups = value.groupdict()
        opening = next((group for name, group in groups.items() if group and name.startswith("open")), "")
        parts += [text[done : found.end()], opening, MASK, opening]
        done = value.end()
    return "".join(parts) + text[done:] if parts else text


def _of_scheme(found: re.Match[str]) -> str:
    scheme, value = found[1].lower(), found[3]
    if scheme == "bearer":
        is_secret = re.split(r"[.,]|(?<==)", value.lower())[0] not in _OF_TOKENS
    elif scheme == "basic":
        is_secret = _is_random(value) or b":" in _decode(value)
    else:
        is_secret = len(value) >= 12 and _is_random(value)
    return found[1] + found[2] + MASK if is_secret else found[0]


def _decode(value: str) -> bytes:
    beginning = value[:400]  # a user is no longer
    try:
        return b64decode(beginning + "=" * (-len(beginning) % 4))
    except ValueError:
        return b""


def _is_random(value: str) -> bool:
    """Whether this is no word of people's language: those who write `password: required` give nothing away."""
    return len(value) >= 6 and _WORD.fullmatch(value) is None
