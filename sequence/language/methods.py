"""Which words are methods of a step, and the likely ones."""

import re

from sequence.json_values import Json
from sequence.suggestions import nearest

JAC = "JAC"
COMMON = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")
"""The methods of RFC 9110, 9 and RFC 5789, but for CONNECT, which makes a tunnel of the connection."""
# IANA's registry of HTTP methods has these beside them.
_OTHERS = (
    *("ACL", "BASELINE-CONTROL", "BIND", "CHECKIN", "CHECKOUT", "COPY", "LABEL", "LINK", "LOCK", "MERGE", "MKACTIVITY"),
    *("MKCALENDAR", "MKCOL", "MKREDIRECTREF", "MKWORKSPACE", "MOVE", "ORDERPATCH", "PROPFIND", "PROPPATCH", "QUERY"),
    *("REBIND", "REPORT", "SEARCH", "UNBIND", "UNCHECKOUT", "UNLINK", "UNLOCK", "UPDATE", "UPDATEREDIRECTREF"),
    *("VERSION-CONTROL", "PURGE", "BAN", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "LIST"),
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,60}")  # RFC 9110, 5.6.2


def is_method(value: Json) -> bool:
    """Whether a value is the method of a step: JAC, or any token that HTTP takes for one, in any case."""
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None and value.upper() != "CONNECT"


def likely_method(word: str) -> str:
    """The method that was probably meant; empty when the word is one, or is like none."""
    if word.upper() in (*COMMON, *_OTHERS, JAC):
        return ""
    return nearest(word.upper(), (*COMMON, JAC)) or ""
