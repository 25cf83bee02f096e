"""Which passwords are accepted: OWASP ASVS 5, 6.2 (length, no common ones, no composition rules).

`common_passwords.bin` has the first five bytes of the SHA-256 of each common password, sorted: of those of eight or
more characters the first 3,000 of two rankings of leaked passwords (that of zxcvbn 4.5 and that of Django 5.2), after
`fold`. It is looked at by halving, so nothing of it stays in memory.
"""

import hashlib
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from walkabout.settings import Settings

LEAST = 8  # characters, as in the original
_COMMON = Path(__file__).with_name("common_passwords.bin")
_WIDTH = 5  # bytes


@dataclass(frozen=True)
class Weakness:
    """Why a password is refused: as a sentence, and as the end of one that begins with the field's name."""

    sentence: str
    phrase: str


def weakness(password: str, most: int, *own: str) -> Weakness | None:
    """What is wrong with a password that somebody chose; None: nothing.

    `most`: characters that it may have; `own`: the person's email and name, which everybody guesses.
    """
    if len(password) < LEAST:
        least = f"at least {LEAST} characters"
        return Weakness(f"Ensure this field has {least}.", f"is too short; {LEAST} characters or more")
    if len(password) > most:
        return Weakness(
            f"Ensure this field has no more than {most} characters.", f"is too long; {most} characters at most"
        )
    if is_common(password):
        text = "is among the most common ones, which are guessed first"
        return Weakness(f"This password {text}; choose another.", f"{text}; choose another")
    if fold(password) in _names(own):
        text = "is the email or the name of this person, which is guessed first"
        return Weakness(f"This password {text}; choose another.", f"{text}; choose another")
    return None


def weak_admin_password(settings: Settings) -> str:
    """What is wrong with ADMIN_PASSWORD, as the end of a sentence; empty: nothing. It works all the same."""
    if not settings.admin_password:
        return ""
    found = weakness(settings.admin_password, settings.password_most, settings.admin_email)
    return found.phrase if found else ""


def is_common(password: str) -> bool:
    """Whether it is one of the common passwords, in any case of its letters."""
    wanted = hashlib.sha256(fold(password).encode("utf-8", "surrogatepass")).digest()[:_WIDTH]
    table = _COMMON.read_bytes()
    low, high = 0, len(table) // _WIDTH
    while low < high:
        middle = (low + high) // 2
        if table[middle * _WIDTH : (middle + 1) * _WIDTH] < wanted:
            low = middle + 1
        else:
            high = middle
    return table[low * _WIDTH : (low + 1) * _WIDTH] == wanted


def fold(text: str) -> str:
    """A text as it is compared: NFKC (full-width letters are plain ones), and in small letters."""
    return unicodedata.normalize("NFKC", text).lower()


def _names(own: tuple[str, ...]) -> set[str]:
    return {fold(part) for text in own for part in (text, text.partition("@")[0]) if part}
