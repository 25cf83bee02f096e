"""Tables as peewee models: their base class, and what all queries on them share.

A model belongs to no database: two services of one process have the same models and a database each. A query is made
from models and run by the service's own `Database`:

    db.records(Entry, AuditTable.select(*AuditTable.fields_of(Entry)).where(AuditTable.at > since))

A room has its models in its `tables.py`, and nobody else asks for its tables. Statements of the hot path are SQL text
instead: making a query takes 0.1 ms, five times what SQLite takes to answer it by a key.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar, cast
from unicodedata import normalize

from peewee import BooleanField, Expression, Field, Model, fn

T = TypeVar("T")
SEARCH_MOST = 1000  # characters of a text that is searched for; SQLite takes no patterns of any length


def table_name(model: type) -> str:
    """The table of a model: `KnownDeviceTable` is `known_device`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", model.__name__.removesuffix("Table")).lower()


class Table(Model):
    """What all tables have in common. The migrations make them; a test compares models and migrations."""

    class Meta:
        """Found by peewee."""

        table_function = table_name

    @classmethod
    @cache
    def fields_of(cls, record: Callable[..., object]) -> list[Field]:
        """The columns that a dataclass has fields for, in their order, to be selected."""
        return [getattr(cls, field.name) for field in fields(cast(Any, record))]

    @classmethod
    def columns_of(cls, record: Callable[..., object]) -> str:
        """The same as SQL text, for a statement of the hot path."""
        return ", ".join(field.column_name for field in cls.fields_of(record))

    @classmethod
    def read_row(cls, record: Callable[..., T], row: Sequence[Any]) -> T:
        """A row of these columns as the record."""
        readers = cls._readers(record)
        return record(*[read(value) if read else value for read, value in zip(readers, row, strict=True)])

    @classmethod
    @cache
    def _readers(cls, record: Callable[..., object]) -> list[Callable[[Any], Any] | None]:
        """For each column what makes the value of one in SQLite's; None: it is that."""
        return [field.python_value if isinstance(field, BooleanField) else None for field in cls.fields_of(record)]


def folded(text: str) -> str:
    """A text as it is searched: Straße is STRASSE, and é is é however it was typed. In SQL: `folded(column)`."""
    return text.lower() if text.isascii() else normalize("NFC", normalize("NFC", text).casefold())


def contains(column: Any, text: str) -> Expression:
    """Whether a column has this text in it, in capital or small letters of any script."""
    return fn.folded(column).contains(folded(text[:SEARCH_MOST]))
