"""Entries of files from elsewhere: tasks as a file has them, before anybody looks at what is here."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable
from dataclasses import dataclass, replace

from walkabout.jids import BadJid, jid, uid_of
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import WALKER


@dataclass(frozen=True)
class LineOrigin:
    """The line of a crontab: of which (`source` is its name, `path` its place), the how manieth, its times and command."""

    source: str
    path: str
    number: int
    times: str
    command: str


@dataclass(frozen=True)
class ImportEntry:
    """A task as a file has it. `where`: its place there, for people; `draft`: None when it can't be read at all.

    `problems`: why it can't be taken over; `remarks`: what is taken over otherwise than it stands there; `origin`: its
    line, where tasks have no names of their own.
    """

    where: str
    draft: Draft | None = None
    enabled: bool = True
    note: str = ""
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    origin: LineOrigin | None = None


def with_owner(entry: ImportEntry, owner: str) -> ImportEntry:
    """The entry with another owner (a uid), whatever the file says."""
    if entry.draft is None:
        return entry
    argument = dict(entry.draft.argument)
    if entry.draft.task == WALKER and not _names(argument.get("mst"), owner):
        argument["mst"] = jid(owner)
    return replace(entry, draft=replace(entry.draft, argument=argument, asker=owner))


def _names(mst: object, owner: str) -> bool:
    """Whether an argument names this master (a uid) already, as a urn or as a bare uuid: then it stays as it was given."""
    try:
        return isinstance(mst, str) and uid_of(mst) == owner
    except BadJid:
        return False


def decoded(raw: bytes) -> str:
    """The text of a file: in UTF-16 if its mark says so, as some shells write files, else in UTF-8, with or without a mark.

    Raises UnicodeDecodeError.
    """
    return raw.decode("utf-16" if raw.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig")


def distinct(entries: Iterable[ImportEntry]) -> list[ImportEntry]:
    """The entries of a file without names of its own: made-up names that meet get a number behind them."""
    count: dict[str, int] = {}
    named: list[ImportEntry] = []
    for entry in entries:
        draft = entry.draft
        if draft is not None:
            count[draft.name] = count.get(draft.name, 0) + 1
            if count[draft.name] > 1:
                draft = replace(draft, name=f"{draft.name} ({count[draft.name]})")
        named.append(replace(entry, draft=draft))
    return named
