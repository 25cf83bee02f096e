"""Fills an installation with rows of any kind, by a seed: with all that its tables take, however odd."""

import re
from random import Random
from typing import Any

from walkabout.database.connections import ConstraintRefused
from walkabout.database.contents import Contents
from walkabout.service import Service

TEXTS = (
    "", "plain", "Straße Проверка 猫 😀", "it's \"quoted\" \\ % ? %s ?", "\t\n\r\x01\x7f\u2028",
    '{"a": [1, 2.0, null, true], "é": "\\u0000"}', "true", "1", "x" * 5000,
)  # fmt: skip
NUMBERS = (0, 1, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63))
FRACTIONS = (0.0, -0.0, 0.1, 1 / 3, 1e300, 5e-324, -1.5, 1795775388.123456)
ROWS = 6  # of each table
TRIES = 40  # for each of them, since constraints say no to most
_CHOICE = re.compile(r"(\w+)\s+IN\s*\(([^)]*)\)", re.IGNORECASE)


def furnish(service: Service, chance: Random) -> None:
    """Fill every table, as far as its constraints let chance do so; then change what is there."""
    filling = Filling(service, chance)
    for table in filling.contents.tables:
        if table != "installation":
            filling.fill(table)


class Filling:
    """Adds rows to the tables of one database of SQLite."""

    def __init__(self, service: Service, chance: Random) -> None:
        self.db = service.db
        self.chance = chance
        self.contents = Contents(service.db)

    def fill(self, table: str) -> None:
        """Add rows to a table, and change some of them later on."""
        pool = self.db.engine.pool
        with pool.connection_context():
            columns = pool.get_columns(table)
            above = {key.column: (key.dest_table, key.dest_column) for key in pool.get_foreign_keys(table)}
        text = self.db.value("SELECT sql FROM sqlite_master WHERE name = ?", (table,))
        choices = {name: re.findall(r"'([^']*)'", listed) for name, listed in _CHOICE.findall(text)}
        for _ in range(ROWS):
            for _ in range(TRIES):
                row = {column.name: self.value(column, choices.get(column.name), above) for column in columns}
                try:
                    self.contents.add(table, [[row[name] for name in self.contents.tables[table]]])
                except ConstraintRefused:
                    continue
                break

    def value(self, column: Any, choices: list[str] | None, above: dict[str, tuple[str, str]]) -> Any:
        """Any value that a column might take."""
        chance = self.chance
        if column.null and not column.primary_key and chance.random() < 0.5:
            return None
        if column.name in above:
            table, named = above[column.name]
            return chance.choice(self.db.values(f"SELECT {named} FROM {table}") or [None])
        if choices:
            return chance.choice(choices)
        kind = column.data_type.upper()
        if kind == "INTEGER":
            return chance.randint(1, 10**6) if column.name == "id" else chance.choice((*NUMBERS, chance.randint(0, 1)))
        if kind == "REAL":
            return chance.choice((*FRACTIONS, chance.uniform(-1e9, 2e9)))
        if kind == "BLOB":
            return chance.randbytes(chance.choice((0, 1, 300, 70_000)))
        return chance.choice(TEXTS) + str(chance.randint(0, 10**6))
