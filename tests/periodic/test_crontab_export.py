"""Tasks as crontab lines: what is said there reads back as the same tasks, and the rest says why it is not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.periodic.crontabs import CRONTABS
from tests.support.schedule_harness import ScheduleHarness, at, cron, every
from walkabout.actions import task_files
from walkabout.periodic import task_queries
from walkabout.periodic.drafts import Draft
from walkabout.periodic.importing.crontab_file import CrontabFile, text_of
from walkabout.periodic.importing.import_plan import NEW, SAME, ImportStep
from walkabout.periodic.periodic_task import SEQUENCE, PeriodicTask
from walkabout.service import Service


@pytest.fixture
def admin(harness: ScheduleHarness) -> str:
    harness.service.first_admin()
    found = harness.service.masters.by_email("admin@localhost")
    assert found is not None
    return found.uid


@pytest.fixture
def elsewhere(make_service: Callable[..., Service], tmp_path: Path) -> Service:
    other = make_service(data_dir=str(tmp_path / "elsewhere"))
    other.first_admin()
    return other


def take(service: Service, raw: bytes, how: CrontabFile | None = None) -> list[ImportStep]:
    steps = task_files.plan(service, None, task_files.read_crontab(service, text_of(raw), how or CrontabFile()), None)
    task_files.apply(service, None, steps)
    return steps


def said(service: Service) -> list[tuple[Any, ...]]:
    """What tasks are, without what each installation has of its own."""

    def one(task: PeriodicTask) -> tuple[Any, ...]:
        return task.name, task.task, task.argument, task.schedule, task.timezone, task.policies, task.state

    return sorted(map(one, task_queries.page(service.db, None, "", 0, 0, ascending=True)), key=lambda row: str(row[0]))


@pytest.mark.parametrize(
    "name", ["healthchecks", "ntfy", "web hosters", "zones", "fields", "percent signs", "passwords"]
)
def test_a_crontab_comes_back_as_it_was_taken_over(
    harness: ScheduleHarness, admin: str, elsewhere: Service, name: str
) -> None:
    take(harness.service, CRONTABS[name].raw)
    assert admin
    text = task_files.export_crontab(harness.service, None)
    steps = take(elsewhere, text.encode())
    assert {step.outcome for step in steps} == {NEW}
    assert said(elsewhere) == [row for row in said(harness.service) if f'"{row[0]}": ' not in text]
    assert len(steps) >= len(said(harness.service)) - text.count("# left out")
    assert {step.outcome for step in take(elsewhere, text.encode())} == {SAME}
    assert task_files.export_crontab(elsewhere, None) == "".join(
        line for line in text.splitlines(keepends=True) if not line.startswith("# left out")
    )


def test_names_and_policies_come_back(harness: ScheduleHarness, admin: str, elsewhere: Service) -> None:
    step = {"method": "POST", "api": "http://a/50%", "text": "a % 'b' \"c\"", "header": {"Content-Type": "text/plain"}}
    terms = {"description": "two\nlines ü", "overlap": "allow", "grace": 60.0, "jitter": 5.0}
    create = harness.service.periodic_tasks.create
    create(Draft("ä % name", SEQUENCE, {"requests": [step]}, cron("*/5"), "Asia/Tokyo", terms, asker=admin))
    before = said(harness.service)
    text = task_files.export_crontab(harness.service, None)
    assert {step.outcome for step in take(harness.service, text.encode())} == {SAME}
    assert said(harness.service) == before
    take(elsewhere, text.encode())
    assert said(elsewhere) == before


def test_what_cron_cannot_say_is_a_comment_with_the_reason(harness: ScheduleHarness, admin: str) -> None:
    create, get = harness.service.periodic_tasks.create, {"requests": [{"method": "GET", "api": "http://a"}]}
    loop = {"requests": [{"method": "GET", "api": "http://a", "save_to": "x"}]}
    drafts: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "every": (get, every(10)),
        "once": (get, at("2030-01-01T00:00:00Z")),
        "both": (get, cron("0", day_of_month="1", day_of_week="mon")),
        "ends": (get, {**cron("0"), "expires": "2030-01-01T00:00:00Z"}),
        "saves": (loop, cron("0")),
        "two": ({"requests": get["requests"] * 2}, cron("0")),
        "off": (get, cron("0")),
        "fine": (get, cron("0")),
    }
    ids = {name: create(Draft(name, SEQUENCE, *draft, asker=admin)).id for name, draft in drafts.items()}
    harness.add(cron("0"), "walks")
    harness.service.periodic_tasks.disable(ids["off"], "on holiday\nuntil May")
    text = task_files.export_crontab(harness.service, None)
    reasons = {line.split('"')[1]: line for line in text.splitlines() if line.startswith("# left out")}
    for name, reason in {
        "every": "cron has no such schedule: Every 10 seconds",
        "once": "cron has no such schedule: Once",
        "both": "must both match",
        "ends": "cron knows no first and no last time",
        "saves": "its step says more than a curl command can",
        "two": "it is not one request",
        "off": "it is disabled (on holiday until May)",
        "walks": "it runs a walker",
    }.items():
        assert reason in reasons.pop(name)
    assert reasons == {}
    assert "\n0 * * * * curl -L http://a\n" in text
