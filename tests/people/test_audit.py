"""What happened is told once, kept for a time, and bounded by its kind."""

import pytest

from tests.support.clock import Clock
from walkabout.people import audit
from walkabout.people.audit import beginning_of
from walkabout.service import Service


def test_an_entry_is_in_the_log_and_kept(service: Service) -> None:
    told: list[tuple[str, dict[str, object]]] = []
    service.events.listen(lambda name, fields: told.append((name, fields)))
    service.audit.record(audit.PROMOTED, "ana@example.com", "bob@example.com", "192.0.2.1")
    assert told == [("person.promoted", {"by": "ana@example.com", "about": "bob@example.com", "address": "192.0.2.1"})]
    entry = service.audit.newest(1)[0]
    assert (entry.event, entry.actor, entry.about, entry.address) == (
        "person.promoted", "ana@example.com", "bob@example.com", "192.0.2.1",
    )  # fmt: skip


def test_what_was_not_done_is_not_told(service: Service) -> None:
    told: list[str] = []
    service.events.listen(lambda name, fields: told.append(name))
    with pytest.raises(RuntimeError), service.db.transaction():
        service.audit.record(audit.PROMOTED, "ana@example.com", "bob@example.com")
        raise RuntimeError
    assert told == []
    assert service.audit.newest(1) == []


def test_the_newest_come_first(service: Service) -> None:
    for number in range(5):
        service.audit.record(audit.TOKEN_MADE, str(number))
    assert [entry.actor for entry in service.audit.newest(3)] == ["4", "3", "2"]


def test_entries_are_kept_for_a_time(service: Service, clock: Clock) -> None:
    service.audit.record(audit.TOKEN_MADE, "old")
    clock.pass_(service.settings.audit_days * 86400)
    assert service.audit.newest(9) == []
    for _ in range(100):
        service.audit.record(audit.TOKEN_MADE, "new")
    assert service.db.rows("SELECT count(*) FROM audit WHERE actor = 'old'") == [(0,)]


def test_many_of_one_kind_push_out_no_other(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_ROWS_MOST", 50)
    service.audit.record(audit.PROMOTED, "ana@example.com", "bob@example.com")
    for number in range(400):
        service.audit.record(audit.SIGN_IN_FAILED, "", str(number))
    assert service.db.rows("SELECT count(*) FROM audit WHERE event = 'sign_in.failed'")[0][0] <= 150
    assert service.db.rows("SELECT count(*) FROM audit WHERE event = 'person.promoted'") == [(1,)]


@pytest.mark.parametrize(
    ("text", "shown"), [("", ""), ("hunter2hunter2", "hu…"), ("a", "a…"), ("\r\nx", "??…"), ("\ud800\x1bx", "??…")]
)
def test_what_may_be_a_password_is_cut(text: str, shown: str) -> None:
    assert beginning_of(text) == shown
