"""Services by Apprise: through our guard, never in another way, and the library is imported where it is used only."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.notices.conftest import Told
from tests.support.schedule_harness import START
from walkabout.actions import notices as actions
from walkabout.actions.notices import TargetInput
from walkabout.jobs.template import NotAllowed
from walkabout.notices.channels.not_delivered import NotDelivered
from walkabout.notices.messages import Message, Notice
from walkabout.notices.targets import ALL, NoticeTarget
from walkabout.people.masters import Master
from walkabout.problems import Invalid
from walkabout.service import Service

TOKEN = "A1b2C3d4E5f6G7h"
MESSAGE = Message("m1", (Notice("n1", "failed", START, 1, "backup", None, 1, "no disk"),))


def gotify(told: Told) -> str:
    return f"gotify://{told.server.base.removeprefix('http://')}/{TOKEN}"


def target_of(service: Service, address: str, owner: str = "") -> NoticeTarget:
    return NoticeTarget(id=1, owner=owner, place=ALL, task=None, tag="", kind="service", address=address)


@pytest.fixture
def admin(told: Told) -> Master:
    told.service.db.change("UPDATE master SET is_superuser = 1 WHERE uid = ?", (told.harness.ana.uid,))
    found = told.service.masters.by_uid(told.harness.ana.uid)
    assert found is not None
    return found


def test_a_service_is_told_by_its_own_api(told: Told, admin: Master) -> None:
    told.server.begin({"POST /message": {"json": {"id": 1}}})
    actions.set_target(told.service, admin, TargetInput(gotify(told), told.task))
    told.run("no disk")
    assert told.send() == 1
    (seen,) = told.server.seen
    assert seen.headers["X-Gotify-Key"] == TOKEN
    assert seen.body["title"] == "backup failed" and "ValueError: no disk" in seen.body["message"]
    (row,) = told.service.db.rows("SELECT state, error FROM notice")
    assert row == ("sent", "")


def test_a_service_that_refuses_is_tried_again_and_its_status_is_told(told: Told, admin: Master) -> None:
    told.server.begin({"POST /message": [{"status": 401}, {"json": {"id": 1}}]})
    actions.set_target(told.service, admin, TargetInput(gotify(told), told.task))
    told.run("no disk")
    told.send()
    (row,) = told.service.db.rows("SELECT state, error FROM notice")
    assert row == ("waiting", "the service did not take it: it answered 401")
    told.send(15)
    assert told.service.db.values("SELECT state FROM notice") == ["sent"]


def test_a_service_is_reached_through_the_guard(make_service: Callable[..., Service], told: Told) -> None:
    service = make_service(private_hosts="nobody")
    person = told.harness.ana
    with pytest.raises(NotDelivered) as refused:
        service.deliveries.services.send(target_of(service, gotify(told), person.uid), MESSAGE)
    assert "could not be reached" in str(refused.value) and TOKEN not in str(refused.value)
    assert told.server.connections == 0


@pytest.mark.parametrize(
    "address",
    [
        "syslog://",
        "dbus://",
        "windows://",
        "macosx://",
        "gnome://",
        "rsyslog://localhost",
        "mqtt://localhost/topic",
        "irc://localhost/#channel",
        "mailtos://user:password@example.com",
        "xmpp://user:password@localhost",
        "fcm://project@apikey/device?keyfile=/etc/passwd",
        "vapid://ana@example.com/ana@example.com",
        "slack://TokenA/TokenB/TokenC?template=/etc/passwd",
        "file:///etc/passwd",
        "nonsense://whatever",
        "gotify://",
    ],
)
def test_what_goes_another_way_or_reads_files_is_refused(told: Told, admin: Master, address: str) -> None:
    with pytest.raises(Invalid) as refused:
        actions.set_target(told.service, admin, TargetInput(address))
    assert "passw" not in str(refused.value)


def test_a_setting_names_the_only_services(make_service: Callable[..., Service], told: Told) -> None:
    service = make_service(notify_kinds="slack, Discord")
    with pytest.raises(Invalid, match="NOTIFY_KINDS"):
        service.deliveries.services.check(gotify(told))
    service.deliveries.services.check("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js")


def test_services_are_for_admins(told: Told) -> None:
    with pytest.raises(NotAllowed):
        actions.set_target(told.service, told.harness.ana, TargetInput(gotify(told)))


def test_who_is_no_admin_any_more_is_told_nothing_by_a_service(told: Told, admin: Master) -> None:
    actions.set_target(told.service, admin, TargetInput(gotify(told), told.task))
    told.service.db.change("UPDATE master SET is_superuser = 0 WHERE uid = ?", (admin.uid,))
    told.run("no disk")
    assert told.send() == 0


def test_nothing_but_the_guard_sends_for_the_library(told: Told) -> None:
    told.service.deliveries.services.check(gotify(told))
    gotify_module: Any = sys.modules["apprise.plugins.gotify"]
    with pytest.raises(AttributeError):
        gotify_module.requests.Session()
    with pytest.raises(gotify_module.requests.RequestException):
        gotify_module.requests.post(told.server.base)
    assert told.server.connections == 0


def test_the_library_is_not_imported_before_it_is_used() -> None:
    code = "import sys, walkabout.service, walkabout.web.application; sys.exit('apprise' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
