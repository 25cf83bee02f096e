"""Sequences that are saved under a name: save, read, list and delete them. Only admins may."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sequence.language.keys import BLOCK_NAMES
from walkabout import json_text
from walkabout.jobs.template import NotAllowed
from walkabout.people.masters import Master
from walkabout.periodic import task_queries
from walkabout.problems import Invalid, Problem
from walkabout.sequences.named import names_in
from walkabout.sequences.rights import ONLY_ADMINS, may_have_sequences
from walkabout.sequences.saved import NoSuchSaved, SavedConflict, SavedSequence
from walkabout.service import Service

NAME_MOST, DESCRIPTION_MOST, TAG_MOST, TAGS_MOST = 100, 2000, 64, 20
_SHOWN = 20


@dataclass(frozen=True)
class SequenceEdit:
    """What is to be saved; None leaves what is there (nothing, for a new one)."""

    sequence: object = None
    description: str | None = None
    tags: Sequence[str] | None = None


class SavedInUse(SavedConflict):
    """A saved sequence can't be deleted, since tasks or other saved ones use it."""

    def __init__(self, name: str, users: Sequence[str]) -> None:
        self.users = users
        more = f" and {len(users) - _SHOWN} more" if len(users) > _SHOWN else ""
        super().__init__(f"name: {name} is used by {', '.join(users[:_SHOWN])}{more}; change these first")


def save(service: Service, by: Master | None, name: str, edit: SequenceEdit, seen: int | None = None) -> SavedSequence:
    """Save a sequence under a name, as a new version. `by`: None at the command line; `seen`: the revision that was edited.

    Raises NotAllowed, Invalid, SavedConflict.
    """
    _check_right(by)
    there = service.sequences.saved.find(name)
    given = edit.sequence if edit.sequence is not None else there and there.argument
    description = edit.description if edit.description is not None else there.description if there else ""
    tags = list(edit.tags) if edit.tags is not None else there.tag_list if there else []
    problems = [*_problems(name, description, tags)]
    if given is None:
        problems.append(Problem("sequence", "is required for a new name: an object with requests", is_missing=True))
    else:
        problems += [one.within("sequence") for one in service.sequences.check_saved(name, given)]
    if problems:
        raise Invalid(problems)
    new = SavedSequence(
        name=name,
        revision=0,
        sequence=json_text.write(given),
        description=description,
        tags=json_text.write(tags),
        updated_at=service.clock(),
        by=by.uid if by else None,
    )
    return service.sequences.saved.save(new, seen)


def find(service: Service, by: Master | None, name: str, revision: int | None = None) -> SavedSequence:
    """The sequence of a name, or one of its versions. Raises NotAllowed, NoSuchSaved."""
    _check_right(by)
    saved = service.sequences.saved
    found = saved.find(name) if revision is None else saved.version(name, revision)
    if found is None:
        raise NoSuchSaved(
            service.sequences.unknown_name(name) if revision is None else f"revision: {revision} is not kept"
        )
    return found


def page(
    service: Service, by: Master | None, search: str, limit: int, offset: int
) -> tuple[int, Sequence[SavedSequence]]:
    """How many there are, and some of them by name; `search` in name, description and tags. Raises NotAllowed."""
    _check_right(by)
    return service.sequences.saved.page(search, limit, offset)


def versions(service: Service, by: Master | None, name: str, limit: int, offset: int) -> Sequence[SavedSequence]:
    """The versions of one that are kept, the latest first. Raises NotAllowed, NoSuchSaved."""
    find(service, by, name)
    return service.sequences.saved.versions(name, limit, offset)


def delete(service: Service, by: Master | None, name: str) -> None:
    """Delete one, with its versions. Raises NotAllowed, NoSuchSaved, SavedInUse."""
    _check_right(by)
    with service.db.transaction():
        find(service, by, name)
        users = users_of(service, name)
        if users:
            raise SavedInUse(name, users)
        service.sequences.saved.delete(name)


def users_of(service: Service, name: str) -> list[str]:
    """What uses a saved sequence, for people: names of tasks, and of other saved sequences."""
    tasks = task_queries.sequences_with(service.db, json_text.write(name))
    named = [task.name for task in tasks if name in names_in(_load(task.argument))]
    others = [one.name for one in service.sequences.saved.all() if one.name != name and name in names_in(one.argument)]
    return [*named, *(f"the saved sequence {other}" for other in others)]


def _load(text: str) -> Any:
    try:
        return json_text.load(text)
    except ValueError:
        return None


def _check_right(by: Master | None) -> None:
    if by is not None and not may_have_sequences(by):
        raise NotAllowed(ONLY_ADMINS)


def _problems(name: str, description: str, tags: Sequence[str]) -> Iterator[Problem]:
    if not BLOCK_NAMES.fullmatch(name) or len(name) > NAME_MOST:
        use = f"use letters, digits, _ and -, up to {NAME_MOST}"
        yield Problem("name", f"{name[:60]!r} is no name for a sequence; {use}")
    if len(description) > DESCRIPTION_MOST:
        yield Problem("description", f"has {len(description)} characters; use at most {DESCRIPTION_MOST}")
    if len(tags) > TAGS_MOST or not all(tag.strip() and len(tag) <= TAG_MOST for tag in tags):
        yield Problem("tags", f"are up to {TAGS_MOST} texts of up to {TAG_MOST} characters")
