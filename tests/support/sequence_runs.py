"""What the tests of sequences in real processes share: steps, and a worker that dies at the right moment."""

import json
import os
import select
import signal
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.support.house import Client, House
from tests.support.scripted_server import Reply, Seen, Server, reply_of


def started(client: Client, sequence: Any, **more: Any) -> str:
    """Run a sequence in the background; its task id."""
    answer = client.post("/js_admin/sequence_run", sequence=sequence, is_async=True, **more).json()
    assert answer["is_queued"] is True, answer
    return str(answer["result"])


def now(client: Client, sequence: Any = None, **more: Any) -> dict[str, Any]:
    """Run a sequence now; its answer."""
    given = {} if sequence is None else {"sequence": sequence}
    answer = client.post("/js_admin/sequence_run", **given, **more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def loop(base: str, count: int, **step: Any) -> dict[str, Any]:
    """A loop that posts `count` numbers and saves each answer."""
    post = {"method": "POST", "api": f"{base}/item", "body": {"n": "{{$}}", "id": "{{uuid}}"}, "save_to": "r_{{!}}"}
    looping = {"by": "#.numbers", "requests": [{**post, **step}]}
    return {
        "persistence": {"numbers": list(range(count))},
        "requests": [{"method": "GET", "api": f"{base}/begin", "__def_loop__": looping}],
    }


SEED = (Path(__file__).parents[1] / "sequence_language" / "seed_example.txt").read_text()


class Killer:
    """Answers the loop's items, and kills the worker that sends one of `items` when that comes for the first time:
    by turns before it is answered, and right after. For each kill it notes which paths the journal had answers for."""

    def __init__(self, server: Server, house: House, items: Iterable[int]) -> None:
        self.items = list(items)
        self.kills: list[tuple[int, set[str]]] = []
        self.sent: list[int] = []
        self.task = ""
        self._server = server
        self._house = house
        self._before = True
        server.begin({"GET": {"json": {}}, "POST": self._answer})

    def repeated(self) -> list[int]:
        """The items that were sent again although the journal knew their answers."""
        known = [(place, paths) for place, paths in self.kills]
        return [n for place, paths in known for n in self.sent[place:] if f"0.loop[{n}].0" in paths]

    def counts(self) -> Counter[int]:
        """How often each item came."""
        return Counter(self.sent)

    def _answer(self, seen: Seen) -> Any:
        n = seen.body["n"]
        self.sent.append(n)
        reply = {"json": {"got": n, "id": seen.body["id"]}}
        if n not in self.items:
            return reply
        self.items.remove(n)
        self._before = not self._before

        def answered(handler: Any) -> None:
            handler.reply(reply_of(reply))
            self._kill()

        if self._before:
            return {"raw": answered}
        self._kill()
        return reply

    def _kill(self) -> None:
        attempt = len(self.kills) + 1
        place = len(self.sent)
        kill_worker(self._house, self.task, attempt)
        self.kills.append((place, journaled(self._house, self.task, attempt)))


def kill_worker(house: House, task: str, attempt: int) -> None:
    """Kill the worker of an attempt of a run; on return it is gone."""
    worker = int(house.wait("job.started", job=task, attempt=attempt)["worker"])
    process = os.pidfd_open(worker)
    os.kill(worker, signal.SIGKILL)
    poller = select.poll()
    poller.register(process, select.POLLIN)
    assert poller.poll(10_000)
    os.close(process)


def journaled(house: House, task: str, attempt: int) -> set[str]:
    """The paths that a run's journal had answers for when one of its attempts had ended."""
    return {entry["path"] for entry in journal(house, task, attempt) if entry["kind"] == "outcome"}


def journal(house: House, task: str, attempt: int = 1_000_000) -> list[dict[str, Any]]:
    """The entries of a run's journal up to one of its attempts."""
    with house.database() as db:
        rows = db.values(
            "SELECT line FROM sequence_journal WHERE job = (SELECT id FROM job WHERE uid = ?) AND attempt <= ? ORDER BY id",
            (task, attempt),
        )
    return [json.loads(line) for line in rows]


def add_seeds_people(house: House) -> None:
    """Give a service the people of the seed's example."""
    house.person("dummy@dummy.com", "Bcstech123!", superuser=True)
    for number in (2, 3, 4):
        house.person(f"dummy+testing{number}@dummy.com", "Bcstech123!")


def seeds(house: House, server: Server) -> str:
    """The seed's example as it stands, its hosts pointed at a service and at a server of ours."""
    text = SEED.replace("http://localhost:8000", house.url)
    return text.replace("https://jsonplaceholder.typicode.com", server.base)


__all__ = [
    "Killer",
    "Reply",
    "add_seeds_people",
    "journal",
    "journaled",
    "kill_worker",
    "loop",
    "now",
    "seeds",
    "started",
]
