"""The queue and the graph in pictures."""

import re

from tests.support.clock import Clock
from tests.support.jobs import a_spec, started
from tests.support.visitor import Visitor
from walkabout.jobs.limits import JobLimits
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.setting_groups.queues import read_groups


def test_shows_what_runs_what_waits_and_what_is_due(service: Service, user: Visitor, bob: Master, clock: Clock) -> None:
    started(service, name="goes", owner=bob.uid)
    service.ledger.enqueue(a_spec(name="waits", owner=bob.uid))
    service.ledger.enqueue(a_spec(name="later", owner=bob.uid, eta=clock() + 90))
    text = user.get("/queue").text
    for name, heading in (("goes", "Active"), ("waits", "Reserved"), ("later", "Scheduled")):
        assert f'id="{heading}-' in text
        assert f"<bdi>{name}</bdi></a>" in text
    assert "in 1 m 30 s" in text


def test_a_part_that_is_cut_says_how_many_there_are(service: Service, user: Visitor, bob: Master) -> None:
    shown = service.settings.page_rows // 2
    for _ in range(shown):
        service.ledger.enqueue(a_spec(owner=bob.uid))
    service.ledger.enqueue(a_spec(owner="somebody else"))
    assert "are shown" not in user.get("/queue").text
    for _ in range(1000):
        service.ledger.enqueue(a_spec(owner=bob.uid))
    assert f"The first {shown} of 1,0{shown} are shown." in user.get("/queue").text


def test_says_that_no_worker_is_alive_and_what_to_do(service: Service, user: Visitor, bob: Master) -> None:
    service.ledger.enqueue(a_spec(owner=bob.uid))
    assert "No worker is alive, so nothing in the queue runs" in user.get("/queue").text
    assert "no worker" in user.get("/pulse").text


def test_shows_nobody_else_s_runs(service: Service, user: Visitor, admin: Visitor) -> None:
    started(service, name="of-nobody", owner="nobody")
    assert "<bdi>of-nobody</bdi></a>" not in user.get("/queue").text
    assert "<bdi>of-nobody</bdi></a>" in admin.get("/queue").text


def test_the_picture_counts_what_ended(service: Service, user: Visitor, bob: Master) -> None:
    for _ in range(3):
        service.ledger.succeed(started(service, owner=bob.uid), "{}")
    claim = started(service, owner=bob.uid)
    service.ledger.fail(claim.id, claim.attempt, "ValueError", "x")
    assert user.get("/queue").text.count("4 runs ended, 1 failed") >= 2


def test_the_graph_is_a_picture_of_its_nodes(service: Service, user: Visitor, bob: Master) -> None:
    user.post("/walkers/init")
    text = user.get("/graph").text
    assert text.count('<circle class="node') == 4 + 2  # and the two colours of the key
    assert "4 nodes, 6 edges" in text


def test_a_node_is_read_by_its_address(service: Service, user: Visitor, bob: Master) -> None:
    user.post("/walkers/count", **{"ctx.by": "7"})
    root = service.graphs.active(bob)
    assert 'class="value number">7<' in user.get(f"/graph?node=urn:uuid:{root}").text


def test_another_person_s_graph_and_node_are_404(service: Service, user: Visitor, ana: Master) -> None:
    root = service.graphs.active(ana)
    assert user.get(f"/graph?graph={root}").status_code == 404
    assert user.get(f"/graph?node={root}").status_code == 404


def test_a_large_graph_is_light_and_says_that_there_is_more(user: Visitor) -> None:
    user.post("/walkers/grow", **{"ctx.count": "400"})
    answer = user.get("/graph")
    assert len(answer.data) < 150_000
    assert "there are more" in answer.text


def test_each_queue_says_what_waits_in_it_and_who_serves_it(service: Service, user: Visitor, bob: Master) -> None:
    groups = read_groups("default:2,reports:1", 1)
    service.consumers.pulse(service.consumers.join("worker", 3, groups).uid)
    started(service, owner=bob.uid, queue="reports")
    for queue in ("reports", "reports", "repotrs"):
        service.ledger.enqueue(a_spec(owner=bob.uid, queue=queue))
    service.ledger.enqueue(a_spec(owner="somebody else", queue="reports"))
    text = user.get("/queue").text
    rows = [re.findall(r"<td[^>]*>([^<]*)", row) for row in re.findall(r"<tr>(.*?)</tr>", text)]
    assert [row[:4] for row in rows if row and row[0] in ("default", "reports", "repotrs")] == [
        ["default", "0", "0", "2"],
        ["reports", "1", "2", "1"],
        ["repotrs", "0", "1", "0"],
    ]
    assert "no live worker serves its queue &#34;repotrs&#34; (QUEUES), did you mean reports?" in text


def test_says_how_busy_the_workers_are(service: Service, admin: Visitor, user: Visitor, clock: Clock) -> None:
    service.consumers.pulse(service.consumers.join("worker", 2).uid)
    claim = started(service)
    clock.pass_(720)
    service.ledger.succeed(claim, "{}")
    started(service)
    clock.pass_(720)
    service.consumers.pulse(service.consumers.all()[0].uid)
    words = "Now 1 of 2 workers busy; 20% of the time in the last hour, 1% of the time in the last 24 hours."
    assert words in admin.get("/queue").text
    assert "busy;" not in user.get("/queue").text


def test_what_waits_says_why(service: Service, user: Visitor, bob: Master) -> None:
    service.consumers.pulse(service.consumers.join("worker", 1).uid)
    uids = [service.ledger.enqueue(a_spec(owner=bob.uid, limits=JobLimits("pay", 1))) for _ in range(2)]
    text = user.get("/queue").text
    assert "waits for a free worker" in text
    assert "at most 1 of pay run at once (at_most)" in text
    assert "at most 1 of pay run at once (at_most)" in user.get(f"/runs/{uids[1]}").text
