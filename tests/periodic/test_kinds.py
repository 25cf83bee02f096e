"""Kinds are found by their declaration, and nobody else asks which kind something is."""

import re
from pathlib import Path

import pytest

import walkabout
from walkabout.periodic.rules import kinds
from walkabout.periodic.rules.fields import field_specs, from_text

HOME = Path(walkabout.__file__).parents[1]
FULL_MOON = '''
"""Full moon."""
import msgspec
from walkabout.periodic.rules.kinds.kind import ScheduleKind

class FullMoonConf(msgspec.Struct, frozen=True):
    """It has no fields."""

class FullMoon(ScheduleKind[FullMoonConf]):
    name = "full_moon"
    doc = "At full moon."
    conf_type = FullMoonConf

    def next_after(self, moment):
        return None

    def describe(self):
        return "At full moon"
'''


def test_a_kind_is_found_when_its_module_is_there(tmp_path, monkeypatch):
    (tmp_path / "full_moon.py").write_text(FULL_MOON)
    monkeypatch.setattr(kinds, "__path__", [*kinds.__path__, str(tmp_path)])
    assert kinds.find_kinds()["full_moon"].doc == "At full moon."


def test_the_four_kinds_are_found():
    assert list(kinds.KINDS) == ["clocked", "crontab", "interval", "solar"]


@pytest.mark.parametrize("name", kinds.KINDS)
def test_only_its_own_modules_name_a_kind(name):
    modules = Path(walkabout.__file__).parent.rglob("*.py")
    naming = {module.stem for module in modules if f'"{name}"' in module.read_text()}
    # An example of a task, and one of the demonstration, has a schedule, and so it has a kind. A dump of django-celery-beat
    # has columns of these names, and the schedules of Celery are called so. A crontab is a kind of file, too.
    assert naming - {"examples", "tasks", "celery_beat", "celery_config", "task_files", "schedule_files"} == {name}


@pytest.mark.parametrize("name", kinds.KINDS)
def test_only_its_own_partial_styles_and_script_name_a_kind(name):
    files = [file for folder in ("templates", "static") for file in (HOME / folder).rglob("*.*")]
    naming = {file.relative_to(HOME) for file in files if re.search(rf"\b{name}\b", file.read_text())}
    # A crontab is a kind of file, too.
    assert all(
        file.stem == name and file.parent.name == "kinds" for file in naming - {Path("templates/tasks/files.html")}
    )


@pytest.mark.parametrize("kind", kinds.KINDS.values())
def test_every_kind_and_field_says_what_it_is(kind):
    assert kind.doc.endswith(".")
    assert all(field.noun and field.use and field.doc.endswith(".") for field in field_specs(kind.conf_type))


@pytest.mark.parametrize("name", kinds.KINDS)
def test_every_field_is_in_the_schema(name):
    schema = kinds.conf_schemas()[name]
    assert list(schema["properties"]) == [field.name for field in field_specs(kinds.KINDS[name].conf_type)]
    assert schema["additionalProperties"] is False


def test_a_declaration_has_what_a_form_needs():
    event, latitude, _ = field_specs(kinds.KINDS["solar"].conf_type)
    assert (event.form, event.choices[0], event.required) == ("choice", "dawn_astronomical", True)
    assert (latitude.form, latitude.least, latitude.most) == ("number", -90, 90)


@pytest.mark.parametrize(
    ("name", "texts", "values"),
    [
        ("interval", {"every": "5", "period": "days"}, {"every": 5, "period": "days"}),
        ("interval", {"every": "five", "period": ""}, {"every": "five", "period": ""}),
        ("solar", {"latitude": "52.5", "longitude": "13"}, {"latitude": 52.5, "longitude": 13.0}),
        ("crontab", {"minute": "5", "stranger": "5"}, {"minute": "5", "stranger": "5"}),
    ],
)
def test_texts_of_a_form_become_numbers_where_numbers_are_declared(name, texts, values):
    assert from_text(kinds.KINDS[name].conf_type, texts) == values
