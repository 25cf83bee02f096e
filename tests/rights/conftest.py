"""Who there is, and what belongs to whom.

Alice owns. Bob may read her graph's root and change one node below it. Carol is a stranger. Dan is an admin, Eve was one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask

from tests.conftest import WALKERS
from tests.support.applications import application
from tests.support.cast import person
from tests.support.databases import DATABASES
from tests.support.schedule_harness import every
from tests.support.visitor import Visitor, signed_in
from tests.support.walks import keep, view_of
from walkabout.graph import queries
from walkabout.graph.rights import SYSTEM
from walkabout.jids import jid
from walkabout.people.masters import Master
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import SEQUENCE, WALKER
from walkabout.service import Service, build
from walkabout.settings import Settings

NOBODY = "nobody"
PEOPLE = ("alice", "bob", "carol", "dan", "eve", NOBODY)


@dataclass
class World:
    """A service with its people. `things`: the jids (and the ids of tasks) by which the tests name what there is."""

    service: Service
    app: Flask
    people: dict[str, Master] = field(default_factory=dict)
    things: dict[str, Any] = field(default_factory=dict)

    def master(self, who: str) -> Master:
        """Somebody as they are now."""
        found = self.service.masters.by_uid(self.people[who].uid)
        assert found is not None
        return found

    def uid(self, name: str) -> str:
        """The uid of an object."""
        return str(self.things[name]).removeprefix("urn:uuid:")

    def ask(self, who: str, path: str, **body: Any) -> Any:
        """What somebody is answered; names of things in braces stand for their jids and ids."""
        given = {name: self._filled(value) for name, value in body.items()}
        headers = {} if who == NOBODY else {"Authorization": f"token {self._token(who)}"}
        client = self.app.test_client()
        if path.startswith("GET "):
            return client.get(path[4:], query_string=given, headers=headers)
        return client.post(path, json=given, headers=headers)

    def good(self, who: str, path: str, **body: Any) -> Any:
        """What somebody is answered, who may ask."""
        answer = self.ask(who, path, **body)
        assert answer.status_code == 200, answer.text
        return answer.json

    def visitor(self, who: str) -> Visitor:
        """Somebody at the admin page."""
        return Visitor(self.app) if who == NOBODY else signed_in(self.app, self.service, self.people[who])

    def demote(self, who: str) -> None:
        """Make somebody an admin no more."""
        self.service.owners.demote(self.people[who].uid, by=self.people["dan"])
        self.service.tokens.forget()

    def _token(self, who: str) -> str:
        return self.service.tokens.give(self.people[who].uid, 1)[0]

    def _filled(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("{") and value[1:-1] in self.things:
            return self.things[value[1:-1]]
        if isinstance(value, dict):
            return {name: self._filled(inner) for name, inner in value.items()}
        return value


def build_world(service: Service) -> World:
    """The people and what is theirs, in a service that is empty."""
    world = World(service, application(service))
    for who in PEOPLE[:-1]:
        world.people[who] = person(service, who, superuser=who in ("dan", "eve"))
    _graph(world)
    _tasks(world)
    world.demote("eve")
    return world


def _graph(world: World) -> None:
    """Alice's graph: root -> open -> beyond, root -> kept; and a second edge from root to open, which is private."""
    service, alice = world.service, world.people["alice"]
    view = view_of(service, alice)
    root = view.node(alice.active_graph or "")
    open_, kept = root.create("open", name="Open"), root.create("kept", name="Kept")
    beyond = open_.create("beyond", name="Beyond")
    secret = root.connect(open_, "secret")
    keep(service, view)
    shown, hidden = (edge for node in (open_, kept) for edge in node.edges_in() if edge.kind == "edge")
    for name, thing in {
        "root": root, "open": open_, "kept": kept, "beyond": beyond,
        "shown edge": shown, "hidden edge": hidden, "secret edge": secret,
    }.items():  # fmt: skip
        world.things[name] = jid(thing.uid)
    service.shares.grant(root.uid, world.people["bob"].uid, "read")
    service.shares.grant(open_.uid, world.people["bob"].uid, "write")
    queries.set_edge_access(service.db, secret.uid, "private", SYSTEM)


def _tasks(world: World) -> None:
    tasks, people = world.service.periodic_tasks, world.people
    body = {"name": "echo", "mst": jid(people["alice"].uid)}
    world.things["task"] = tasks.create(Draft("alice: walker", WALKER, body, every(3600))).id
    for who in ("dan", "eve"):
        draft = Draft(f"{who}: sequence", SEQUENCE, {"requests": []}, every(3600), asker=people[who].uid)
        world.things[f"sequence of {who}"] = tasks.create(draft).id


@pytest.fixture
def world(service: Service) -> World:
    return build_world(service)


@pytest.fixture(scope="session")
def still_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world that its tests only look at."""
    data = tmp_path_factory.mktemp("rights")
    service = build(Settings(data_dir=str(data), walkers_dir=f"walkers:{WALKERS}", **DATABASES.settings(data)))
    yield build_world(service)
    service.close()
