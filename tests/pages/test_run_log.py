"""The log of a run on its page and by its API: live, as text, and to those who may see the run."""

from pathlib import Path

import pytest

from tests.support.house import House
from tests.support.jobs import worked
from tests.support.until import until
from tests.support.visitor import Visitor
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.walking.call import WalkerCall


def run_diary(service: Service, owner: Master) -> str:
    walker = service.sentinel.walker("diary")
    service.ledger.enqueue(WalkerCall("diary", owner.uid, owner.active_graph or "", {}).as_spec(walker, 60.0))
    return worked(service)


def test_the_page_of_a_run_shows_what_it_logged_as_text(service: Service, user: Visitor, bob: Master) -> None:
    text = user.get(f"/runs/{run_diary(service, bob)}").text
    lines = ["begun at root", "printed", "warned of", "&lt;b&gt;nearly&lt;/b&gt; done"]
    places = [text.index(line) for line in lines]
    assert places == sorted(places)
    assert '<li class="warn">' in text and '<li class="bad">' in text


def test_a_run_that_logged_nothing_has_no_log(service: Service, user: Visitor, bob: Master) -> None:
    walker = service.sentinel.walker("echo")
    service.ledger.enqueue(WalkerCall("echo", bob.uid, bob.active_graph or "", {}).as_spec(walker, 60.0))
    assert "log-title" not in user.get(f"/runs/{worked(service)}").text


def test_in_a_request_a_line_goes_to_the_services_log(service: Service, user: Visitor, bob: Master) -> None:
    said: list[str] = []
    service.events.listen(lambda name, fields: said.append(f"{name} {fields.get('walker')} {fields.get('text')}"))
    call = WalkerCall("diary", bob.uid, bob.active_graph or "", {})
    service.foreground.run(lambda place: service.runs.in_request(call, place), 60.0, bob.uid, "walker")
    assert "walker.log diary begun at root" in said


@pytest.mark.parametrize("level", ["loud", ""])
def test_a_level_that_is_none_is_the_walkers_error(service: Service, bob: Master, level: str) -> None:
    walker = service.sentinel.walker("diary")()
    with pytest.raises(ValueError, match="use one of debug, info, warning, error"):
        walker.log("a line", level=level)


def test_the_log_is_seen_while_the_run_goes_on(house: House, tmp_path: Path) -> None:
    somebody = house.person("diarist@example.com")
    go_on = tmp_path / "go-on"
    job = somebody.start("diary", until=str(go_on))

    def texts() -> list[str]:
        return [line["text"] for line in somebody.get("/js/job_log", task_id=job).json()["lines"]]

    until(lambda: texts() == ["begun at root"])
    assert somebody.task(job)["state"] == "STARTED"
    go_on.touch()
    assert somebody.wait(job)["state"] == "SUCCESS"
    assert texts() == ["begun at root", "printed", "warned of", "<b>nearly</b> done"]
    house.wait("job.log", job=job, text="printed")
    other = house.person("no-diarist@example.com")
    assert other.get("/js/job_log", task_id=job).status_code == 404
