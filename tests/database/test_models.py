"""Models: they say what the migrations made, and their queries run on the connections of one database."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import peewee
import pytest

import walkabout
from walkabout.database.connections import ConstraintRefused, Database
from walkabout.database.models import Table, contains
from walkabout.database.sqlite import Sqlite
from walkabout.people.tables import AliasTable, MasterTable
from walkabout.service import Service

for module in pkgutil.walk_packages(walkabout.__path__, "walkabout."):
    if module.name.endswith(".tables"):
        importlib.import_module(module.name)

TYPES = {
    "AUTO": "INTEGER",
    "INT": "INTEGER",
    "BIGINT": "INTEGER",
    "BOOL": "INTEGER",
    "TEXT": "TEXT",
    "FLOAT": "REAL",
    "BLOB": "BLOB",
}


@dataclass(frozen=True)
class Person:
    """Some columns of a master."""

    email: str
    name: str
    is_superuser: bool
    last_login_at: float | None


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = Database(Sqlite(tmp_path / "walkabout.db"))
    made.migrate()
    yield made
    made.close()


def add(db: Database, email: str, name: str, is_superuser: bool = False) -> None:
    values = {"uid": email, "email": email, "name": name, "password_hash": "", "created_at": 1.0}
    db.change(MasterTable.insert(**values, is_superuser=is_superuser))


@pytest.mark.sqlite
@pytest.mark.parametrize("model", Table.__subclasses__(), ids=lambda model: model._meta.table_name)
def test_a_model_says_what_the_migrations_made(model: type[Table], service: Service) -> None:
    columns = service.db.rows(f"PRAGMA table_info({model._meta.table_name})")
    keys = [field.column_name for field in model._meta.get_primary_keys()]
    says = {f.column_name: (TYPES[f.field_type], f.null) for f in model._meta.sorted_fields}
    made = {name: (kind, not (is_required or key)) for _, name, kind, is_required, _, key in columns}
    assert says == made
    assert keys == [name for _, name, _, _, _, key in sorted(columns, key=lambda column: column[5]) if key]


def test_rows_come_as_records_with_the_types_of_their_columns(db: Database) -> None:
    add(db, "a@example.com", "Ada", is_superuser=True)
    add(db, "b@example.com", "Bob")
    query = MasterTable.select(*MasterTable.fields_of(Person)).order_by(MasterTable.email)
    assert db.records(Person, query) == [
        Person("a@example.com", "Ada", True, None),
        Person("b@example.com", "Bob", False, None),
    ]
    assert db.record(Person, query.where(MasterTable.name == "Bob")) == Person("b@example.com", "Bob", False, None)
    assert db.record(Person, query.where(MasterTable.name == "Eve")) is None


def test_values_are_those_of_one_column(db: Database) -> None:
    add(db, "a@example.com", "Ada")
    add(db, "b@example.com", "Bob")
    names = MasterTable.select(MasterTable.name).order_by(MasterTable.name.desc())
    assert db.values(names) == ["Bob", "Ada"]
    assert db.value(names) == "Bob"
    assert db.value(MasterTable.select(peewee.fn.count(peewee.SQL("*")))) == 2
    assert db.value(names.where(MasterTable.name == "Eve")) is None


def test_a_query_changes_rows_and_says_how_many(db: Database) -> None:
    add(db, "a@example.com", "Ada")
    add(db, "b@example.com", "Bob")
    assert db.change(MasterTable.update(name="Eve")) == 2
    with db.transaction():
        db.change(AliasTable.insert(master="a@example.com", name="n", value="v"))
    assert db.change(MasterTable.delete().where(MasterTable.email == "a@example.com")) == 1
    assert db.values(AliasTable.select(AliasTable.name)) == []


def test_a_constraint_refuses_a_query_as_it_refuses_text(db: Database) -> None:
    add(db, "a@example.com", "Ada")
    with pytest.raises(ConstraintRefused):
        add(db, "a@example.com", "Bob")


def test_two_databases_in_one_process_have_the_same_models(db: Database, tmp_path: Path) -> None:
    other = Database(Sqlite(tmp_path / "other.db"))
    other.migrate()
    add(db, "a@example.com", "Ada")
    assert other.values(MasterTable.select(MasterTable.name)) == []
    other.close()


def test_a_query_asks_for_any_number_of_values_at_once(db: Database) -> None:
    add(db, "a@example.com", "Ada")
    many = [f"{number}@example.com" for number in range(50_000)]
    assert db.values(MasterTable.select(MasterTable.name).where(db.is_among(MasterTable.email, [*many]))) == []
    found = MasterTable.select(MasterTable.name).where(db.is_among(MasterTable.email, [*many, "a@example.com"]))
    assert db.values(found) == ["Ada"]


@pytest.mark.parametrize(
    ("text", "found"),
    [("aDA", True), ("0%", True), ("%", True), ("_", False), ("0_", False), ("\\", False), ("d" * 60_000, False)],
)
def test_a_search_finds_texts_not_patterns(db: Database, text: str, found: bool) -> None:
    add(db, "a@example.com", "Ada 100%")
    assert db.values(MasterTable.select(MasterTable.name).where(contains(MasterTable.name, text))) == (
        ["Ada 100%"] if found else []
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Проверка", "проверка"),
        ("проверка ля", "ЛЯ"),
        ("straße", "STRASSE"),
        ("STRASSE", "straße"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
        ("Caf\u00e9", "CAFE\u0301"),
        ("日本", "本"),
    ],
)
def test_a_search_finds_texts_of_any_script(db: Database, name: str, text: str) -> None:
    add(db, "a@example.com", name)
    assert db.values(MasterTable.select(MasterTable.name).where(contains(MasterTable.name, text))) == [name]
