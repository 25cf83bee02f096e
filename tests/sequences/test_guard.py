"""One guard for walkers and sequences: what the settings refuse, neither of them reaches."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.cast import person
from tests.support.scripted_server import Reply, Server
from walkabout.jobs.thread_place import ThreadPlace
from walkabout.outbound import HostRefused, HttpError
from walkabout.service import Service

Make = Callable[..., Service]


def an_admin(service: Service) -> str:
    admin = service.masters.by_email("ada@example.com") or person(service, "ada", superuser=True)
    return admin.uid


def by_walker(service: Service, url: str, uid: str | None = None) -> Any:
    """A walker's request in the name of a master, an admin if nothing is said."""
    asker = uid or an_admin(service)
    return service.runs.outbound.client(lambda _: None, lambda: service.runs.reach.is_private(asker)).get(url)


def by_sequence(service: Service, url: str, uid: str | None = None) -> str:
    steps = {"requests": [{"method": "GET", "api": url}]}
    run = service.sequences.now(steps, uid or an_admin(service), ThreadPlace(), 20.0)
    return run.error.message if run.error else ""


REFUSED = [
    ({}, "http://169.254.169.254/", "link-local and metadata"),
    ({}, "http://[fd00:ec2::254]/", "link-local and metadata"),
    ({"private_hosts": "nobody"}, "http://127.0.0.1:9/", "loopback and private"),
    ({"private_hosts": "nobody"}, "http://localhost:9/", "loopback and private"),
    ({"private_hosts": "nobody"}, "http://0x7f.1:9/", "loopback and private"),
    ({"refuse_hosts": "10.0.0.0/8, localhost"}, "http://localhost:9/", "list of refused hosts"),
    ({"allow_hosts": "10.0.0.0/8"}, "http://127.0.0.1:9/", "only allowed hosts"),
    ({"allow_hosts": "0.0.0.0/0"}, "http://169.254.169.254/", "link-local and metadata"),
    ({}, "http://[::ffff:0:169.254.169.254]/", "link-local and metadata"),
    ({}, "http://[64:ff9b::a9fe:a9fe]/", "link-local and metadata"),
]


@pytest.mark.parametrize(("settings", "url", "why"), REFUSED)
def test_what_is_refused_to_one_is_refused_to_the_other(make_service: Make, settings: Any, url: str, why: str) -> None:
    service = make_service(**settings)
    assert why in by_sequence(service, url)
    with pytest.raises(HostRefused, match=why):
        by_walker(service, url)


@pytest.mark.parametrize(
    ("private_hosts", "admin", "somebody", "nobody"),
    [("admins", True, False, False), ("everyone", True, True, True), ("nobody", False, False, False)],
)
def test_private_networks_are_for_whom_the_setting_says(
    make_service: Make, server: Server, private_hosts: str, admin: bool, somebody: bool, nobody: bool
) -> None:
    server.begin({"GET": {"json": 1}})
    service = make_service(private_hosts=private_hosts)
    for uid, may in ((an_admin(service), admin), (person(service, "ben").uid, somebody), ("nobody", nobody)):
        assert (by_sequence(service, server.base, uid) == "") is may
        if may:
            assert by_walker(service, server.base, uid).status == 200
        else:
            with pytest.raises(HostRefused, match="PRIVATE_HOSTS"):
                by_walker(service, server.base, uid)


@pytest.mark.parametrize("change", ["is_superuser = 0", "is_activated = 0"])
def test_an_admin_who_is_one_no_more_loses_it_within_a_run(make_service: Make, server: Server, change: str) -> None:
    service = make_service()
    uid = an_admin(service)

    def demoted(_seen: Any) -> Reply:
        service.db.change(f"UPDATE master SET {change} WHERE uid = ?", (uid,))
        return Reply(content=b"1")

    server.begin({"GET /first": demoted, "GET /second": {"json": 2}})
    steps = {"requests": [{"method": "GET", "api": server.base + path} for path in ("/first", "/second")]}
    run = service.sequences.now(steps, uid, ThreadPlace(), 20.0)
    assert [record.state for record in run.steps] == ["ok", "failed"]
    assert "loopback and private" in run.steps[1].error
    assert len(server.seen) == 1


def test_a_dry_run_of_somebody_sends_nothing(make_service: Make) -> None:
    steps = {"requests": [{"method": "GET", "api": "http://127.0.0.1:9/", "save_to": "a"}]}
    assert make_service().sequences.dry(steps, {"0": {"body": 1}}).persistence == {"a": 1}


def test_metadata_that_the_operator_names_is_no_longer_refused(make_service: Make) -> None:
    policy = make_service(allow_hosts="169.254.169.254, api.example.org").sequences.network.guard.policy
    assert policy.metadata == ("169.254.169.254",)


def test_a_name_in_a_setting_stands_for_all_below_it(make_service: Make) -> None:
    service = make_service(refuse_hosts="example.org,10.0.0.0/8,*.other.org")
    assert service.sequences.network.guard.policy.refuse == (
        "example.org", "*.example.org", "10.0.0.0/8", "*.other.org"
    )  # fmt: skip


def test_a_redirect_to_a_refused_address_is_not_followed(make_service: Make, server: Server) -> None:
    server.begin({"GET": {"status": 302, "headers": {"Location": "http://169.254.169.254/"}}})
    service = make_service()
    assert "refused" in by_sequence(service, server.base)
    with pytest.raises(HostRefused):
        by_walker(service, server.base)


def test_a_walkers_answer_is_read_up_to_the_limit(make_service: Make, server: Server) -> None:
    server.begin({"GET": lambda seen: Reply(content=b"x" * 5000)})
    service = make_service(fetch_max_mb=0.004)
    assert "the limit" in by_sequence(service, server.base)
    with pytest.raises(HttpError, match="FETCH_MAX_MB"):
        by_walker(service, server.base)


def test_a_walkers_request_ends_at_its_time_however_slowly_the_answer_drips(make_service: Make, sink: Any) -> None:
    with pytest.raises(HttpError, match="FETCH_TIMEOUT_S"):
        by_walker(make_service(fetch_timeout_s=0.2), sink.url)


def test_a_walker_gets_an_answer(make_service: Make, server: Server) -> None:
    server.begin({"GET": {"json": {"a": [1]}, "status": 201}})
    answer = by_walker(make_service(), server.base)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (201, {"a": [1]}, "application/json")
