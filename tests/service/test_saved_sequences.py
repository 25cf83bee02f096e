"""Runs of saved sequences in real processes: killed at any step, while somebody changes what they run."""

import threading
from typing import Any

import pytest

from tests.support.house import Client, House
from tests.support.scripted_server import Seen, Server, reply_of
from tests.support.sequence_runs import kill_worker

SENT = ["/begin", "/block", "/item/0", "/block", "/item/1", "/inner", "/last"]
NAMES = ("kept", "kept-block", "kept-inner")


def versions(base: str, old: bool) -> dict[str, dict[str, Any]]:
    """The three sequences: as a run begins with them, or as they are changed meanwhile."""
    post = {"method": "POST", "repeat": True}

    def step(path: str, **more: Any) -> dict[str, Any]:
        return {**post, "api": f"{base}{path}" if old else f"{base}/changed", "save_to": path, **more}

    item = [{"use": NAMES[1]}, step("/item/{{@}}")]
    inner = {"method": "JAC", "api": "sequence_run", "master": "self", "body": {"name": NAMES[2]}, "save_to": "jac"}
    # The one that JAC asks for is a block, too, which is skipped: the run knows it from its beginning.
    never = {"use": NAMES[2], "when": [{"by": "#.nothing", "condition": {"exists": True}}]}
    loop = {"by": "#.rows", "requests": item}
    return {
        NAMES[1]: {"requests": [step("/block")]},
        NAMES[2]: {"requests": [step("/inner")]},
        NAMES[0]: {
            "persistence": {"rows": [0, 1]},
            "requests": [step("/begin", __def_loop__=loop), never, inner, step("/last")],
        },
    }


class Cutter:
    """Answers by the path, and at one request changes all saved sequences and kills the worker: before its answer or after."""

    def __init__(self, house: House, ana: Client, server: Server, at: int, before: bool) -> None:
        self.house, self.ana, self.server = house, ana, server
        self.at, self.before = at, before
        self.paths: list[str] = []
        self.run = ""
        self.known = threading.Event()
        server.begin({"POST": self._answer})

    def save(self, old: bool) -> None:
        for name, argument in versions(self.server.base, old).items():
            answer = self.ana.post("/js_admin/saved_sequence_save", name=name, sequence=argument)
            assert answer.status_code == 200, answer.text

    def start(self) -> dict[str, Any]:
        self.save(old=True)
        answer = self.ana.post("/js_admin/sequence_run", name=NAMES[0], is_async=True).json()
        self.run = str(answer["result"])
        self.known.set()
        return self.ana.wait(self.run)

    def _answer(self, seen: Seen) -> Any:
        self.paths.append(seen.path)
        reply = {"json": seen.path}
        if len(self.paths) != self.at + 1:
            return reply
        assert self.known.wait(30)
        self.save(old=False)
        if self.before:
            kill_worker(self.house, self.run, 1)
            return reply

        def answered(handler: Any) -> None:
            handler.reply(reply_of(reply))
            kill_worker(self.house, self.run, 1)

        return {"raw": answered}


@pytest.mark.parametrize("before", [True, False], ids=["before its answer", "after its answer"])
@pytest.mark.parametrize("at", range(len(SENT)), ids=SENT)
def test_a_run_whose_worker_is_killed_goes_on_with_what_it_began_with(
    house: House, server: Server, at: int, before: bool
) -> None:
    ana = house.client()
    cutter = Cutter(house, ana, server, at, before)
    task = cutter.start()
    assert task["state"] == "SUCCESS", task.get("error")
    assert house.wait("job.started", job=cutter.run, attempt=2)
    assert task["result"]["jac"]["result"] == {"_inner": "/inner"}
    assert task["result"]["_last"] == "/last"
    # What was in flight may be sent once more, nothing else is. Who was answered may have begun the next before it died.
    in_flight = [at] if before else [at, at + 1]
    assert cutter.paths in (SENT, *([*SENT[: one + 1], *SENT[one:]] for one in in_flight))
    for name in NAMES:
        assert ana.post("/js_admin/saved_sequence_delete", name=name).status_code in (200, 409)
