"""What no run tells: late tasks, long runs, no worker, a full disk; reminders, quiet hours, and who is mute."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.notices.conftest import Told
from tests.support.schedule_harness import at, every
from walkabout.database.connections import Unavailable
from walkabout.jobs.worker.machine_clock import ClockOff
from walkabout.notices.conditions import NoWorker, WrongClocks
from walkabout.notices.targets import ALL, TAG
from walkabout.notices.watch import Condition, Watch
from walkabout.people.masters import Master
from walkabout.service import Service

HOUR_S = 3600.0


def watch(told: Told) -> Watch:
    return told.service.courier.watch


def look(told: Told, after: float = 0.0) -> list[str]:
    """Let seconds pass, look, and send; the lines that were sent since."""
    before = len(told.server.seen)
    told.harness.clock.pass_(after)
    watch(told).look()
    told.send()
    return [notice["text"] for seen in told.server.seen[before:] for notice in seen.body.get("notices", [seen.body])]


@pytest.fixture
def admin(told: Told) -> Master:
    told.service.db.change("UPDATE master SET is_superuser = 1 WHERE uid = ?", (told.harness.ana.uid,))
    return told.harness.ana


def test_a_late_task_is_told_once_and_when_it_has_fired_that_it_is_well(told: Told) -> None:
    told.target()
    assert look(told, HOUR_S + 299) == []
    assert look(told, 2) == ["backup is late"]
    assert look(told, 600) == []
    told.harness.tick()
    told.harness.finish_all()
    assert look(told, 5) == ["backup is well again"]


def test_each_target_is_told_of_lateness_by_its_own_measure(told: Told) -> None:
    told.target()
    told.target(f"{told.server.base}/other", late_s=1200.0)
    told.server.begin({"POST": {"status": 200}})
    look(told, HOUR_S + 301)
    assert [seen.path for seen in told.server.seen] == ["/hook"]
    look(told, 900)
    assert [seen.path for seen in told.server.seen] == ["/hook", "/other"]


def test_a_late_task_that_is_paused_is_mute(told: Told) -> None:
    told.target()
    look(told, HOUR_S + 301)
    told.service.periodic_tasks.disable(told.task)
    assert look(told, 600) == []
    told.run("by hand")
    assert look(told, 600) == []


def test_a_run_that_takes_long_is_told_once(told: Told) -> None:
    told.target(events="long", long_s=60.0)
    run = told.service.periodic_tasks.run_now(told.task)
    claim = told.harness.claim()
    assert claim is not None
    assert look(told, 60) == []
    assert look(told, 1) == ["backup takes long"]
    assert told.bodies()[0]["run"] == run
    assert look(told, 600) == []
    told.harness.finish(claim)
    assert look(told, 600) == []


def test_longer_than_usual_is_known_from_the_last_runs(told: Told) -> None:
    told.target(events="long")
    for _ in range(3):
        told.service.periodic_tasks.run_now(told.task)
        claim = told.harness.claim()
        assert claim is not None
        told.harness.clock.pass_(10)
        told.harness.finish(claim)
    told.service.periodic_tasks.run_now(told.task)
    told.harness.claim()
    assert look(told, 9) == []
    assert look(told, 3) == ["backup takes long"]


def test_who_asked_for_it_is_reminded_while_it_goes_on(told: Told) -> None:
    told.target(remind_s=HOUR_S, events="failed recovered")
    told.run("no disk")
    assert look(told) == ["backup failed"]
    assert look(told, HOUR_S - 1) == []
    assert look(told, 1) == ["backup failed"]
    assert look(told, HOUR_S) == ["backup failed"]
    told.run()
    assert look(told, 61) == ["backup is well again"]
    assert look(told, 2 * HOUR_S) == []


def test_nobody_is_reminded_of_a_paused_task(told: Told) -> None:
    told.target(remind_s=HOUR_S, events="failed")
    told.run("no disk")
    look(told)
    told.service.periodic_tasks.disable(told.task)
    assert look(told, 3 * HOUR_S) == []
    told.service.periodic_tasks.enable(told.task)
    assert look(told, HOUR_S) == ["backup failed"]


def test_quiet_hours_end_with_one_message(told: Told) -> None:
    # It is 08:00 in UTC.
    told.target(quiet="07:30-09:00 UTC")
    told.run("no disk")
    told.harness.clock.pass_(10)
    told.run()
    assert look(told, 3000) == []
    assert look(told, 600) == ["backup failed", "backup is well again"]
    assert len(told.server.seen) == 1


def test_skipping_is_told_when_it_has_lasted(told: Told) -> None:
    task = told.harness.add(every(60), name="slow")
    told.target(task=task, skipping_s=150.0)
    told.harness.tick(60)
    told.harness.claim()
    for _ in range(3):
        told.harness.tick(60)
        assert look(told) == []
    told.harness.tick(60)
    assert look(told) == ["slow keeps being skipped"]


def test_a_missed_time_is_told(told: Told) -> None:
    task = told.harness.add(every(60), name="gone", grace=10.0)
    told.target(task=task)
    told.harness.tick(300)
    assert look(told) == ["gone missed a run"]


def test_the_last_fire_of_a_task_is_told(told: Told) -> None:
    task = told.harness.add(at("2027-01-15T09:00:00+00:00"), name="once")
    told.target(task=task, events="ended")
    told.harness.tick(HOUR_S)
    assert look(told) == ["once has ended"]


def test_a_tag_stands_for_the_tasks_that_have_it(told: Told) -> None:
    task = told.harness.add(every(60), name="tagged", tags="nightly")
    told.target(place=TAG, task=None, tag="nightly")
    told.run("untagged")
    assert look(told) == []
    told.service.periodic_tasks.run_now(task)
    claim = told.harness.claim()
    assert claim is not None
    told.service.ledger.fail(claim.id, claim.attempt, "ValueError", "no disk")
    assert look(told) == ["tagged failed"]


def test_all_means_the_tasks_that_one_may_see(told: Told, bob: Master) -> None:
    told.target(place=ALL, task=None, owner=bob.uid)
    told.run("not bob's")
    assert look(told) == []
    told.service.db.change("UPDATE master SET is_superuser = 1 WHERE uid = ?", (bob.uid,))
    told.run("an admin sees it")
    assert look(told) == ["backup failed 2 times in a row"]
    told.service.db.change("UPDATE master SET is_activated = 0 WHERE uid = ?", (bob.uid,))
    told.run()
    told.run("nobody")
    assert look(told, 61) == []


class Wrong:
    """A condition that a test sets."""

    def __init__(self, event: str) -> None:
        self.event = event
        self.why = ""

    def __call__(self) -> Iterator[Condition]:
        if self.why:
            yield Condition(self.event, "", self.why)


@pytest.mark.parametrize("event", ["no_worker", "disk", "clock"])
def test_what_is_wrong_with_the_service_is_told_to_admins(told: Told, admin: Master, event: str) -> None:
    told.target(place=ALL, task=None)
    wrong = Wrong(event)
    watch(told).conditions = (wrong,)
    titles = {"no_worker": "No worker is alive", "disk": "A disk is nearly full", "clock": "A clock is wrong"}
    for _ in range(2):
        wrong.why = "so it is"
        assert look(told, 61) == [titles[event]]
        assert look(told, 61) == []
        wrong.why = ""
        assert look(told, 61) == ["The service is well again"]
        assert look(told, 61) == []


def test_nobody_but_admins_is_told_what_is_wrong_with_the_service(told: Told) -> None:
    told.target(place=ALL, task=None)
    wrong = Wrong("disk")
    wrong.why = "full"
    watch(told).conditions = (wrong,)
    assert look(told, 61) == []


def test_a_disk_that_takes_no_row_is_told_all_the_same_and_once(
    told: Told, admin: Master, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.target(place=ALL, task=None)
    wrong = Wrong("disk")
    wrong.why = "full"
    watch(told).conditions = (wrong,)

    def full(*_: Any) -> None:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(told.service.notices, "tell", full)
    for _ in range(3):
        with pytest.raises(Unavailable):
            watch(told).look()
    assert [seen.body["text"] for seen in told.server.seen] == ["A disk is nearly full"]
    assert told.service.db.value("SELECT count(*) FROM notice") == 0


def test_no_worker_is_a_condition_after_a_while_only(service: Service) -> None:
    now = [0.0]
    condition = NoWorker(service.consumers, 30.0, expected=True, monotonic=lambda: now[0])
    seen = []
    for now[0] in (0.0, 10.0, 20.0, 29.0, 30.0, 35.0, 200.0, 210.0):
        seen.append(bool(list(condition())))
    # Nobody looked between 35 and 200: whether there was a worker then is not known.
    assert seen == [False, False, False, False, True, True, False, False]


def test_clocks_that_are_off_are_one_condition_that_names_the_machines() -> None:
    off = [ClockOff("east", 3.25), ClockOff("west", -90.0)]
    (condition,) = WrongClocks(lambda: off)()
    assert condition.event == "clock" and "east by 3.2 s, that of west by 90.0 s" in condition.why
    assert list(WrongClocks(list)()) == []


def test_what_is_old_is_forgotten_and_so_are_targets_of_tasks_that_are_gone(told: Told) -> None:
    other = told.harness.add(every(1, "hours"), name="other")
    told.target()
    told.target(task=other)
    told.run("no disk")
    told.send()
    told.run()
    told.send(61)
    told.run("goes on")
    told.send(61)
    told.service.periodic_tasks.delete(other)
    told.harness.clock.pass_(60)
    now = told.harness.clock()
    watch(told).forget(now)
    assert [row[0] for row in told.service.db.rows("SELECT why FROM notice")] == ["ValueError: goes on"]
    assert len(told.service.notice_targets.list_of(None)) == 2
    told.service.periodic_tasks.forget(now)
    watch(told).forget(now)
    assert [target.task for target in told.service.notice_targets.list_of(None)] == [told.task]


def test_a_ping_is_sent_after_each_run(told: Told) -> None:
    told.server.begin({"POST /check": {"status": 200}, "POST /check/fail": {"status": 200}})
    told.target(f"ping+{told.server.base}/check")
    for error in ("", "", "no disk", "no disk", ""):
        told.run(error)
        told.send(1)
    assert [seen.path for seen in told.server.seen] == ["/check", "/check", "/check/fail", "/check/fail", "/check"]


def test_uptime_kuma_is_pinged_in_its_own_way(told: Told) -> None:
    told.server.begin({"GET": {"status": 200}})
    told.target(f"kuma+{told.server.base}/api/push/abc?ping=")
    told.run()
    told.send()
    told.run("no disk")
    told.send()
    assert [seen.path for seen in told.server.seen] == [
        "/api/push/abc?status=up&msg=backup+succeeded",
        "/api/push/abc?status=down&msg=backup+failed",
    ]


def test_mail_to_somebody_else_ends_with_the_rights_of_who_wanted_it(told: Told, admin: Master) -> None:
    told.target("mailto:boss@example.org")
    told.target("mailto:ana@example.com")
    told.service.db.change("UPDATE master SET is_superuser = 0 WHERE uid = ?", (admin.uid,))
    told.run("no disk")
    targets = told.service.db.values("SELECT target FROM notice")
    assert [told.service.notice_targets.by_id(id).address for id in targets] == ["mailto:ana@example.com"]  # type: ignore[union-attr]


def test_the_setting_tells_all_without_anybody(told: Told) -> None:
    told.service.notice_targets.obey_setting(f"{told.server.base}/hook", may_end=False)
    told.run("no disk")
    assert look(told) == ["backup failed"]
    told.service.notice_targets.obey_setting("", may_end=False)
    assert len(told.service.notice_targets.list_of(None)) == 1
    told.service.notice_targets.obey_setting("", may_end=True)
    assert told.service.notice_targets.list_of(None) == []
