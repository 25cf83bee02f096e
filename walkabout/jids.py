"""Jids name objects to the outside (`urn:uuid:...`); uids name them in the tables (a bare uuid)."""

import re
import uuid

_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_PREFIX = "urn:uuid:"


class BadJid(ValueError):
    """The text begins like a jid, but no uuid follows."""


def new_uid() -> str:
    """A fresh random uid (RFC 9562, version 4)."""
    return str(uuid.uuid4())


def jid(uid: str) -> str:
    """The jid of a uid."""
    return _PREFIX + uid


def is_jid(text: str) -> bool:
    """Whether the text has the form of a jid or a uuid, or begins like one."""
    return text[: len(_PREFIX)].lower() == _PREFIX or bool(_UUID.fullmatch(text))


def uid_of(text: str) -> str | None:
    """The uid that a jid or a bare uuid names; None when the text is neither. Raises BadJid."""
    if text[: len(_PREFIX)].lower() == _PREFIX:
        rest = text[len(_PREFIX) :]
        if not _UUID.fullmatch(rest):
            raise BadJid(f'"{text}" is not a jid: after urn:uuid: comes a uuid, 8-4-4-4-12 hexadecimal digits')
        return rest.lower()
    return text.lower() if _UUID.fullmatch(text) else None
