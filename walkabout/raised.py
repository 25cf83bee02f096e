"""The text of an exception. A walker may raise anything: without a text, or with gigabytes of it."""

TEXT_MOST = 10_000
"""Characters of an exception's text that are kept."""


def describe_error(error: BaseException, most: int = TEXT_MOST) -> tuple[str, str]:
    """The kind of an exception and its text, fit for any answer, record and page: cut, half characters as escapes."""
    try:
        text = str(error)
    except (Exception, SystemExit) as odd:
        text = f"(it has no text: {type(odd).__name__} when it was asked for)"
    return _plain(type(error).__name__, most), _plain(text, most)


def _plain(text: str, most: int) -> str:
    # A subclass of str may answer anything but this.
    cut = str.__getitem__(text, slice(most + 1))
    more = "..." if len(cut) > most else ""
    plain = cut[:most].encode("utf-8", "backslashreplace").decode() + more
    return plain.replace("\0", "\\x00")
