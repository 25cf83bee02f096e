"""Sequences that are saved under a name: save, read, list and delete them. Only admins may."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sequence.language.keys import BLOCK_NAMES
from walkabout import json_text
from walkabout.actions import task_runs
from walkabout.jobs import queries
from walkabout.jobs.queries import JobFilter, ListedJob, Mark
from walkabout.jobs.template import NotAllowed
from walkabout.people.masters import Master
from walkabout.periodic import task_queries
from walkabout.periodic.periodic_task import SEQUENCE
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


@dataclass
class SavedUsers:
    """What uses a saved sequence: periodic tasks (id and name), and other saved ones by their names."""

    tasks: list[tuple[int, str]] = field(default_factory=list)
    sequences: list[str] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        """Each of them, for people."""
        return [*(name for _, name in self.tasks), *(f"the saved sequence {other}" for other in self.sequences)]


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
        problems += [one.within("sequence") for one in problems_of(service, by, name, given)]
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


def problems_of(service: Service, by: Master | None, name: str, argument: object) -> list[Problem]:
    """What is wrong with a sequence that is to be saved under a name. Raises NotAllowed."""
    _check_right(by)
    return service.sequences.check_saved(name, argument)


def restore(service: Service, by: Master | None, name: str, revision: int, seen: int | None = None) -> SavedSequence:
    """Make one what it was at a revision: a new version, checked like every other. Raises NoSuchSaved and what `save` does."""
    before = find(service, by, name, revision)
    return save(service, by, name, SequenceEdit(before.argument, before.description, before.tag_list), seen)


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
    service: Service, by: Master | None, search: str, limit: int, offset: int, tag: str = ""
) -> tuple[int, Sequence[SavedSequence]]:
    """How many there are, and some of them by name; `search` in name, description and tags. Raises NotAllowed.

    `tag`: only those that have it.
    """
    _check_right(by)
    return service.sequences.saved.page(search, limit, offset, tag)


def names(service: Service, by: Master | None) -> list[str]:
    """The names of all of them, in order. Raises NotAllowed."""
    _check_right(by)
    return service.sequences.saved.names()


def tags(service: Service, by: Master | None) -> list[str]:
    """The tags of all of them, in order. Raises NotAllowed."""
    _check_right(by)
    return service.sequences.saved.tags()


def run_now(service: Service, by: Master, name: str) -> str:
    """Run one in the background, in the name of whoever asks; the run's uid.

    Raises NotAllowed, NoSuchSaved, CannotRun, QueueFull.
    """
    find(service, by, name)
    return task_runs.try_once(service, by, SEQUENCE, name, {"name": name})


def runs(service: Service, by: Master, name: str, limit: int, before: int | None = None) -> list[ListedJob]:
    """The runs that have used one, as a whole or as a block, the latest first. `before`: a row's id. Raises NotAllowed."""
    _check_right(by)
    return queries.jobs(service.db, JobFilter(saved=name), limit, before=before)


def last_runs(service: Service, by: Master, names: Sequence[str]) -> dict[str, Mark]:
    """The latest run that has used each of these, by name. Raises NotAllowed."""
    _check_right(by)
    return service.sequences.saved.last_runs(names)


def versions(service: Service, by: Master | None, name: str, limit: int, offset: int) -> Sequence[SavedSequence]:
    """The versions of one that are kept, the latest first. Raises NotAllowed, NoSuchSaved."""
    find(service, by, name)
    return service.sequences.saved.versions(name, limit, offset)


def delete(service: Service, by: Master | None, name: str) -> None:
    """Delete one, with its versions. Raises NotAllowed, NoSuchSaved, SavedInUse."""
    _check_right(by)
    with service.db.transaction():
        find(service, by, name)
        if used_by := users_of(service, name).words:
            raise SavedInUse(name, used_by)
        service.sequences.saved.delete(name)


def users_of(service: Service, name: str) -> SavedUsers:
    """What uses a saved sequence."""
    return _users(service, name).get(name, SavedUsers())


def users(service: Service, by: Master | None) -> dict[str, SavedUsers]:
    """What uses each saved sequence, by name; those that nothing uses are left out. Raises NotAllowed."""
    _check_right(by)
    return _users(service)


def _users(service: Service, name: str = "") -> dict[str, SavedUsers]:
    found: defaultdict[str, SavedUsers] = defaultdict(SavedUsers)
    for task in task_queries.sequences_that_name(service.db, name):
        for used in names_in(json_text.load(task.argument)):
            found[used].tasks.append((task.id, task.name))
    for one in service.sequences.saved.that_use():
        for used in names_in(one.argument) - {one.name}:
            found[used].sequences.append(one.name)
    return found


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
