"""Whole numbers in addresses and forms: keys of rows, revisions, positions in a list."""

DIGITS_MOST = 18  # what a key in the database has at most; int() itself raises beyond some thousands


def number(text: str, digits: int = DIGITS_MOST) -> int | None:
    """The number that a text is, without a sign and in ASCII; None for any other text."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else None
