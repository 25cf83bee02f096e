"""A walker or a saved sequence that is told: it runs in the name of its owner, once, and gets the notice."""

import pytest

from tests.notices.conftest import Told
from tests.support.jobs import worked
from tests.support.schedule_harness import every
from tests.support.walks import root_of, view_of
from walkabout.actions import notices as actions
from walkabout.actions import saved_sequences
from walkabout.actions.notices import NotYourAddress, TargetInput
from walkabout.actions.saved_sequences import SequenceEdit
from walkabout.people.masters import Master
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import SEQUENCE
from walkabout.problems import Invalid
from walkabout.settings import SettingsError


@pytest.fixture
def admin(told: Told) -> Master:
    told.service.db.change("UPDATE master SET is_superuser = 1 WHERE uid = ?", (told.harness.ana.uid,))
    found = told.service.masters.by_uid(told.harness.ana.uid)
    assert found is not None
    return found


def heard(told: Told) -> list[str]:
    ana = told.harness.ana
    return list(root_of(view_of(told.service, ana), ana).context.get("heard", []))


def test_a_walker_gets_the_notice_in_the_name_of_who_is_told(told: Told) -> None:
    actions.set_target(told.service, told.harness.ana, TargetInput("walker:listener", told.task))
    told.run("no disk")
    assert told.send() == 1
    worked(told.service)
    assert heard(told) == ["backup failed"]
    assert told.service.db.values("SELECT state FROM notice") == ["sent"]


def test_its_run_is_queued_once_whatever_the_try(told: Told) -> None:
    target = actions.set_target(told.service, told.harness.ana, TargetInput("walker:listener", told.task))
    told.run("no disk")
    told.send()
    (id,) = told.service.db.values("SELECT message FROM notice")
    message = told.service.deliveries.message(id)
    assert message is not None
    # As after a kill between the queueing and the note of it.
    assert told.service.deliveries.try_to_send(target, message) == ""
    worked(told.service)
    assert told.harness.claim() is None and heard(told) == ["backup failed"]


def test_what_it_does_makes_no_notice(told: Told) -> None:
    actions.set_target(told.service, told.harness.ana, TargetInput("walker:fail_listening", told.task))
    told.run("no disk")
    told.send()
    worked(told.service)
    assert told.send(3600) == 0
    assert told.service.db.value("SELECT count(*) FROM notice") == 1


def test_a_saved_sequence_gets_it_in_its_persistence(told: Told, admin: Master) -> None:
    told.server.begin({"POST /said": {"json": {}}})
    steps = [{"method": "POST", "api": f"{told.server.base}/said", "body": {"it": "{{$.notice.text}}"}}]
    saved_sequences.save(told.service, admin, "tell", SequenceEdit({"requests": steps}))
    actions.set_target(told.service, admin, TargetInput("sequence:tell", told.task))
    told.run("no disk")
    told.send()
    worked(told.service)
    assert told.server.seen[0].body == {"it": "backup failed"}


@pytest.mark.parametrize("address", ["walker:nobody", "walker:echo", "sequence:nothing"])
def test_what_can_not_run_is_refused_at_once(told: Told, admin: Master, address: str) -> None:
    with pytest.raises(Invalid, match=r"^target: "):
        actions.set_target(told.service, admin, TargetInput(address, told.task))


def test_sequences_are_for_admins(told: Told) -> None:
    with pytest.raises(NotYourAddress):
        actions.set_target(told.service, told.harness.ana, TargetInput("sequence:tell", told.task))


def test_a_walker_that_is_gone_is_told_as_the_error(told: Told) -> None:
    told.target("walker:gone_since")
    told.run("no disk")
    told.send()
    (row,) = told.service.db.rows("SELECT state, error FROM notice")
    assert row[0] == "waiting" and "gone_since" in row[1]


@pytest.mark.parametrize("address", ["walker:listener", "sequence:tell", "ping+https://hc-ping.com/x", "nonsense"])
def test_the_setting_takes_no_address_that_needs_somebody_or_a_task(told: Told, address: str) -> None:
    with pytest.raises(SettingsError, match="NOTIFY, address number 2"):
        told.service.notice_targets.obey_setting(f"https://example.org {address}", may_end=True)


def test_the_notice_of_a_failed_sequence_names_its_first_failing_step(told: Told, admin: Master) -> None:
    told.server.begin({"POST /hook": {"status": 200}, "GET /fine": {"json": 1}, "GET /broken": {"status": 503}})
    base = told.server.base
    steps = [{"method": "GET", "api": f"{base}/fine"}, {"method": "GET", "api": f"{base}/broken", "name": "stock"}]
    draft = Draft("import", SEQUENCE, {"requests": steps}, every(1, "hours"), asker=admin.uid)
    task = told.service.periodic_tasks.create(draft).id
    told.target(task=task)
    told.service.periodic_tasks.run_now(task)
    worked(told.service)
    told.send()
    (body,) = [seen.body for seen in told.server.seen if seen.path == "/hook"]
    assert body["event"] == "failed" and body["task"] == "import" and body["step"] == "1"
    assert "503" in body["error"]
