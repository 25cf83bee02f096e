"""Who may read and change what."""

from collections.abc import Callable

import pytest

from tests.support.cast import person
from tests.support.walks import keep, root_of, view_of
from walkabout.graph import queries
from walkabout.graph.objects import Node
from walkabout.graph.rights import SYSTEM, NotYours
from walkabout.graph.view import NotFound
from walkabout.people.masters import Master
from walkabout.service import Service

Given = Callable[[Service, Node, Master], None]


@pytest.fixture
def city(service: Service, ana: Master) -> Node:
    """A city of Ana's, below her root."""
    view = view_of(service, ana)
    made = root_of(view, ana).create("city", name="Rome")
    keep(service, view)
    return view_of(service, ana).node(made.uid)


def access(level: str) -> Given:
    def give(service: Service, city: Node, bob: Master) -> None:
        queries.set_node_access(service.db, city.uid, level, SYSTEM)

    return give


def share(level: str) -> Given:
    def give(service: Service, city: Node, bob: Master) -> None:
        service.shares.grant(city.uid, bob.uid, level)

    return give


def nothing(service: Service, city: Node, bob: Master) -> None:
    """Bob is a stranger."""


READS = [access("read_only"), share("read")]
WRITES = [access("public"), share("write")]


def test_a_stranger_does_not_see_the_object(service: Service, city: Node, bob: Master) -> None:
    with pytest.raises(NotFound):
        view_of(service, bob).node(city.uid)


def test_a_stranger_does_not_see_edges_to_it(service: Service, city: Node, bob: Master) -> None:
    (edge,) = city.edges_in()
    with pytest.raises(NotFound):
        view_of(service, bob).edge(edge.uid)


def test_what_is_hidden_looks_like_what_is_not_there(service: Service, city: Node, bob: Master) -> None:
    texts = []
    for uid in (city.uid, "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(NotFound) as caught:
            view_of(service, bob).node(uid)
        texts.append(str(caught.value).replace(uid, "?"))
    assert texts[0] == texts[1]


@pytest.mark.parametrize("given", READS + WRITES)
def test_who_may_read_sees_it(service: Service, city: Node, bob: Master, given: Given) -> None:
    given(service, city, bob)
    assert view_of(service, bob).node(city.uid)["name"] == "Rome"


@pytest.mark.parametrize("given", READS)
def test_who_may_only_read_can_not_change_it(service: Service, city: Node, bob: Master, given: Given) -> None:
    given(service, city, bob)
    with pytest.raises(NotYours, match=city.uid):
        view_of(service, bob).node(city.uid)["name"] = "Roma"


@pytest.mark.parametrize("given", READS)
def test_who_may_only_read_can_not_change_it_through_its_context(
    service: Service, city: Node, bob: Master, given: Given
) -> None:
    given(service, city, bob)
    view = view_of(service, bob)
    view.node(city.uid).context["name"] = "Roma"
    with pytest.raises(NotYours):
        view.finish()


@pytest.mark.parametrize("given", READS)
def test_who_may_only_read_can_not_delete_it(service: Service, city: Node, bob: Master, given: Given) -> None:
    given(service, city, bob)
    with pytest.raises(NotYours):
        view_of(service, bob).node(city.uid).delete()


@pytest.mark.parametrize("given", READS)
def test_who_may_only_read_can_not_hang_nodes_on_it(service: Service, city: Node, bob: Master, given: Given) -> None:
    given(service, city, bob)
    with pytest.raises(NotYours):
        view_of(service, bob).node(city.uid).create("house")


@pytest.mark.parametrize("given", READS)
def test_who_may_read_can_lead_an_edge_to_it(service: Service, city: Node, bob: Master, given: Given) -> None:
    given(service, city, bob)
    view = view_of(service, bob)
    root_of(view, bob).connect(view.node(city.uid), "likes")
    keep(service, view)
    assert [node.uid for node in root_of(view_of(service, bob), bob).out("likes")] == [city.uid]


@pytest.mark.parametrize("given", WRITES)
def test_who_may_write_changes_it(service: Service, city: Node, bob: Master, given: Given) -> None:
    given(service, city, bob)
    view = view_of(service, bob)
    view.node(city.uid)["name"] = "Roma"
    keep(service, view)
    assert view_of(service, bob).node(city.uid)["name"] == "Roma"


def test_an_admin_may_change_everything(service: Service, city: Node, admin: Master) -> None:
    view = view_of(service, admin)
    view.node(city.uid)["name"] = "Roma"
    assert keep(service, view)["changed"] == 1


def test_a_share_is_for_one_master(service: Service, city: Node, bob: Master) -> None:
    service.shares.grant(city.uid, bob.uid, "write")
    with pytest.raises(NotFound):
        view_of(service, person(service, "cyd")).node(city.uid)


def test_a_share_can_be_taken_back(service: Service, city: Node, bob: Master) -> None:
    service.shares.grant(city.uid, bob.uid, "read")
    assert [service.shares.revoke(city.uid, bob.uid) for _ in range(2)] == [True, False]
    with pytest.raises(NotFound):
        view_of(service, bob).node(city.uid)


def test_a_second_grant_replaces_the_first(service: Service, city: Node, bob: Master) -> None:
    for level in ("write", "read"):
        service.shares.grant(city.uid, bob.uid, level)
    with pytest.raises(NotYours):
        view_of(service, bob).node(city.uid)["name"] = "Roma"


def test_neighbours_that_can_not_be_read_are_left_out(service: Service, city: Node, bob: Master) -> None:
    service.shares.grant(city.graph, bob.uid, "read")
    assert view_of(service, bob).node(city.graph).out() == []


def test_what_a_guest_creates_belongs_to_the_host_and_is_shared_alike(
    service: Service, city: Node, bob: Master
) -> None:
    service.shares.grant(city.uid, bob.uid, "write")
    house = view_of(service, bob).node(city.uid).create("house")
    keep(service, house)
    assert (house.owner, house.access, house.graph) == (city.owner, "private", city.graph)
    assert view_of(service, bob).node(house.uid).kind == "house"
