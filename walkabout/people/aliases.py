"""Aliases, a master's own short names for jids: the queries on the table `alias`."""

from typing import Any, NamedTuple

from peewee import SQL, fn

from walkabout.database.connections import Database
from walkabout.people.tables import AliasTable
from walkabout.setting_groups.people import PeopleSettings


class TooMany(ValueError):
    """An alias is too long, or there are too many; the text names the field and the setting."""


class Aliases:
    """What a master's names stand for."""

    def __init__(self, db: Database, settings: PeopleSettings) -> None:
        self.db = db
        self.most = settings.aliases_max
        self.longest = settings.alias_chars

    def register(self, master: str, name: str, value: str) -> None:
        """Let `name` stand for `value` from now on. Raises TooMany."""
        for field, text in (("name", name), ("value", value)):
            if len(text) > self.longest:
                raise TooMany(f"{field}: has {len(text):,} characters, use at most {self.longest:,} (ALIAS_CHARS)")
        with self.db.transaction():
            # Only who adds one is refused: those that are there may be given another value.
            if self.value(master, name) is None and self._count(master) >= self.most:
                raise TooMany(f"name: you have {self.most:,} aliases, the most allowed (ALIASES_MAX); delete one first")
            self.db.change(
                AliasTable.insert(master=master, name=name, value=value).on_conflict(
                    conflict_target=[AliasTable.master, AliasTable.name], preserve=[AliasTable.value]
                )
            )

    def value(self, master: str, name: str) -> str | None:
        """What the name stands for, or None."""
        value: str | None = self.db.value(AliasTable.select(AliasTable.value).where(*_is(master, name)))
        return value

    def all(self, master: str) -> dict[str, str]:
        """All names of a master, sorted."""
        query = AliasTable.select(AliasTable.name, AliasTable.value).where(AliasTable.master == master)
        return {alias.name: alias.value for alias in self.db.records(_Alias, query.order_by(AliasTable.name))}

    def delete(self, master: str, name: str) -> bool:
        """Take a name away. False: there was none."""
        return self.db.change(AliasTable.delete().where(*_is(master, name))) > 0

    def clear(self, master: str) -> int:
        """Take all names away; how many there were."""
        return self.db.change(AliasTable.delete().where(AliasTable.master == master))

    def _count(self, master: str) -> int:
        return int(self.db.value(AliasTable.select(fn.count(SQL("*"))).where(AliasTable.master == master)))


class _Alias(NamedTuple):
    name: str
    value: str


def _is(master: str, name: str) -> tuple[Any, ...]:
    return AliasTable.master == master, AliasTable.name == name
