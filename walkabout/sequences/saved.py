"""Sequences that are saved under a name: the queries on their tables. Who may is asked in actions/."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from peewee import SQL

from walkabout import json_text
from walkabout.database.connections import Database
from walkabout.database.models import contains
from walkabout.jobs.queries import Mark
from walkabout.sequences.tables import SavedSequenceRunTable, SavedSequenceTable, SavedSequenceVersionTable


class NoSuchSaved(LookupError):
    """No sequence is saved under the name, or it has no such version (any more)."""


class SavedConflict(Exception):
    """A change contradicts how the saved sequences stand now."""


@dataclass(frozen=True)
class SavedSequence:
    """A saved sequence, or a version of one. `sequence` and `tags` are JSON texts; `updated_at`: UTC seconds; `by`: a uid,
    None for the command line."""

    name: str
    revision: int
    sequence: str
    description: str
    tags: str
    updated_at: float
    by: str | None

    @property
    def argument(self) -> dict[str, Any]:
        """The sequence itself."""
        return dict(json_text.load(self.sequence))

    @property
    def tag_list(self) -> list[str]:
        """Its tags."""
        return list(json_text.load(self.tags))


@dataclass(frozen=True)
class SavedSequences:
    """The saved sequences of an installation. `versions_most`: so many of each are kept."""

    db: Database
    versions_most: int

    def find(self, name: str) -> SavedSequence | None:
        """The sequence of a name, or None."""
        return self.db.record(SavedSequence, _all(SavedSequenceTable).where(SavedSequenceTable.name == name))

    def page(self, search: str, limit: int, offset: int, tag: str = "") -> tuple[int, list[SavedSequence]]:
        """How many there are that have a text in name, description or tags, and some of them by name; `limit` 0 is all.

        `tag`: only those that have it.
        """
        table = SavedSequenceTable
        query = _all(table)
        if search:
            query = query.where(
                contains(table.name, search) | contains(table.description, search) | contains(table.tags, search)
            )
        if tag:
            query = query.where(contains(table.tags, json_text.write(tag)))
        total = int(self.db.value(query.clone().select(SQL("count(*)"))))
        return total, self.db.records(SavedSequence, query.order_by(table.name).limit(limit or None).offset(offset))

    def save(self, new: SavedSequence, seen: int | None) -> SavedSequence:
        """Save it under its name, as the next revision; what was saved. `seen`: the revision that was changed, 0 for none;
        None: whichever there is. Raises SavedConflict."""
        with self.db.transaction():
            there = self.find(new.name)
            latest = there.revision if there else 0
            if seen is not None and seen != latest:
                raise SavedConflict(f"revision: {seen} is not the latest of {new.name}, which is {latest}")
            row = asdict(new) | {"revision": latest + 1}
            changes = SavedSequenceTable.insert(**row).on_conflict(
                conflict_target=[SavedSequenceTable.name],
                preserve=[getattr(SavedSequenceTable, name) for name in row if name != "name"],
            )
            self.db.change(changes)
            self.db.change(SavedSequenceVersionTable.insert(**row))
            table = SavedSequenceVersionTable
            outdated = (table.name == new.name) & (table.revision <= latest + 1 - self.versions_most)
            self.db.change(table.delete().where(outdated))
        return SavedSequence(**row)

    def delete(self, name: str) -> bool:
        """Delete it with its versions. False: there was none."""
        with self.db.transaction():
            self.db.change(SavedSequenceRunTable.delete().where(SavedSequenceRunTable.name == name))
            self.db.change(SavedSequenceVersionTable.delete().where(SavedSequenceVersionTable.name == name))
            return self.db.change(SavedSequenceTable.delete().where(SavedSequenceTable.name == name)) > 0

    def versions(self, name: str, limit: int, offset: int) -> list[SavedSequence]:
        """The versions that are kept, the latest first; `limit` 0 is all."""
        table = SavedSequenceVersionTable
        query = _all(table).where(table.name == name).order_by(table.revision.desc())
        return self.db.records(SavedSequence, query.limit(limit or None).offset(offset))

    def version(self, name: str, revision: int) -> SavedSequence | None:
        """One version, or None."""
        table = SavedSequenceVersionTable
        return self.db.record(
            SavedSequence, _all(table).where(table.name == name, table.revision == min(revision, 2**62))
        )

    def that_use(self) -> Iterable[SavedSequence]:
        """Those that may use others, by name: a block or a run by JAC."""
        table = SavedSequenceTable
        may_use = table.sequence.contains('"use":') | table.sequence.contains("sequence_run")
        return self.db.records(SavedSequence, _all(table).where(may_use).order_by(table.name))

    def names(self) -> list[str]:
        """The names of all of them, in order."""
        return self.db.values(SavedSequenceTable.select(SavedSequenceTable.name).order_by(SavedSequenceTable.name))

    def tags(self) -> list[str]:
        """The tags of all of them, in order."""
        texts = self.db.values(SavedSequenceTable.select(SavedSequenceTable.tags).distinct())
        return sorted({tag for text in texts for tag in json_text.load(text)})

    def last_runs(self, names: Sequence[str]) -> dict[str, Mark]:
        """The latest run that used each of these, by name, by one question. Index: the primary keys."""
        among, params = self.db.among("name", names)
        rows = self.db.rows(
            "SELECT used.name, job.uid, job.state, job.queued_at, job.started_at, job.ended_at FROM"
            f" (SELECT name, max(job) AS latest FROM saved_sequence_run WHERE {among} GROUP BY name) AS used"
            " JOIN job ON job.id = used.latest",
            params,
        )
        return {name: Mark(*rest) for name, *rest in rows}


def _all(table: type[SavedSequenceTable] | type[SavedSequenceVersionTable]) -> Any:
    return table.select(*table.fields_of(SavedSequence))
