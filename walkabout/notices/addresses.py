"""Addresses of notices: what kind each is, whether it may be used, and what is shown of it, since it is a secret.

https://example.org/hook          a signed webhook
mailto:ana@example.org            mail
ping+https://hc-ping.com/UUID     pinged on each success and failure, as healthchecks.io takes it
kuma+https://host/api/push/TOKEN  the same, as Uptime Kuma takes it
walker:NAME, sequence:NAME        runs it
slack://..., gotify://...         one of the services that the library Apprise knows
"""

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from walkabout.people.emails import email_problem, normal_email
from walkabout.problems import refuse

WEBHOOK, MAIL, PING, KUMA, WALKER, SEQUENCE, SERVICE = (
    "webhook", "mail", "ping", "kuma", "walker", "sequence", "service",
)  # fmt: skip
PINGS = (PING, KUMA)
OF_TASKS_ONLY = PINGS
"""Kinds that stand for one task."""
LONGEST = 2000  # characters
FIELD = "target"
USE = "use https://..., mailto:..., ping+https://..., kuma+https://... or an address in Apprise's form"
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.I)


@dataclass(frozen=True)
class Address:
    """An address of a kind. `text`: all of it, a secret; `value`: what a channel needs of it."""

    kind: str
    text: str
    value: str


def read_address(text: str) -> Address:
    """The address of a text. Raises Invalid, field `target`; the error never repeats the address."""
    text = text.strip()
    found = _SCHEME.match(text)
    if (
        not text
        or found is None
        or len(text) > LONGEST
        or any(char.isspace() or not char.isprintable() for char in text)
    ):
        raise refuse(FIELD, f"that is no address; {USE}")
    scheme, rest = found[1].lower(), text[found.end() :]
    if scheme in ("http", "https"):
        return Address(WEBHOOK, text, _url(text))
    if scheme == "mailto":
        if problem := email_problem(rest):
            raise refuse(FIELD, f"mailto: {problem}")
        return Address(MAIL, text, rest)
    for kind in PINGS:
        if scheme in (f"{kind}+http", f"{kind}+https"):
            return Address(kind, text, _url(text.partition("+")[2]))
    if scheme in (WALKER, SEQUENCE):
        if not rest:
            raise refuse(FIELD, f"{scheme}: without a name; use {scheme}:NAME")
        return Address(scheme, text, rest)
    if not rest.startswith("//"):
        raise refuse(FIELD, f"{scheme}: is no kind of address; {USE}")
    return Address(SERVICE, text, text)


def is_for_admins(address: Address, email: str) -> bool:
    """Whether only an admin may be told at an address. `email`: of whoever else would be."""
    is_others = address.kind == MAIL and normal_email(address.value) != email
    return is_others or address.kind in (SERVICE, SEQUENCE)


def label(text: str) -> str:
    """What is shown of an address: of which kind it is, where it leads, and a mark by which two are told apart."""
    address = read_address(text)
    mark = hashlib.sha256(text.encode()).hexdigest()[:4]
    if address.kind in (WALKER, SEQUENCE):
        return text
    if address.kind == MAIL:
        name, _, host = address.value.rpartition("@")
        return f"mailto:{name[:1]}…@{host}"
    scheme = text.partition(":")[0].lower()
    host = "" if address.kind == SERVICE else urlsplit(address.value).hostname or ""
    return f"{scheme}://{host}… ({mark})"


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_url = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url:
        raise refuse(FIELD, "that is no URL; use https://host/path")
    return text
