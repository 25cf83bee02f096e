"""Email addresses: which texts are valid, and the one form in which they are stored and compared.

Two addresses that look the same must be the same, or one person could be taken for another: the form is Unicode's NFKC
in small letters (ASVS 5, 1.1.1), and characters that nobody sees are refused.
"""

import unicodedata

import regex

LONGEST = 254  # characters (RFC 5321, 4.5.3.1.3)
_UNSEEN = regex.compile(r"[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]")
_OTHER_DOT = "\u3002"  # in the name of a host it is a dot (UTS 46, 4); NFKC makes it of U+FF61
_EMAIL = regex.compile(r"[^@\s]+@[^@\s]+")


def normal_email(text: str) -> str:
    """The form in which an address is kept. What is too long to be one stays as it is: normalising it would cost."""
    if len(text) > LONGEST:
        return text
    normal = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    return normal.replace(_OTHER_DOT, ".")


def email_problem(text: str) -> str:
    """What is wrong with an email address; empty when nothing is: something, an @, something, all of it to be seen."""
    normal = normal_email(text)
    if len(normal) > LONGEST:
        return f"Ensure this field has no more than {LONGEST} characters."
    unseen = _UNSEEN.search(normal)
    if unseen is not None and not unseen[0].isspace():
        return f"Enter a valid email address: U+{ord(unseen[0]):04X} in it is invisible."
    if unseen is not None or not _EMAIL.fullmatch(normal):
        return "Enter a valid email address."
    return ""
