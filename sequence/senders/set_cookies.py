"""Reads the cookies that an answer sets (RFC 6265, 5.2): their names and values."""

import re
from collections.abc import Iterable

COOKIES_MOST = 200
_GONE = re.compile(r";\s*max-age\s*=\s*(?:-\d+|0+)\s*(?:;|$)", re.IGNORECASE)


def cookies_in(headers: Iterable[str]) -> dict[str, str]:
    """Name -> value of some Set-Cookie headers; later ones win, and one that ends at once is none."""
    found: dict[str, str] = {}
    for header in headers:
        pair, _, rest = header.partition(";")
        name, sign, value = pair.partition("=")
        name = name.strip()
        if not sign or not name:
            continue
        if _GONE.search(f";{rest}"):
            found.pop(name, None)
        elif name in found or len(found) < COOKIES_MOST:
            found[name] = value.strip()
    return found
