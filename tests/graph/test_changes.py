"""What a run changed is written in one transaction, or not at all."""

import pytest

from tests.support.queries import statements
from tests.support.walks import keep, root_of, view_of
from walkabout.database.connections import Conflict
from walkabout.graph.objects import Node
from walkabout.people.masters import Master
from walkabout.service import Service


def cities(service: Service, ana: Master, *names: str) -> list[Node]:
    """Cities below Ana's root, kept; as a new view reads them."""
    view = view_of(service, ana)
    uids = [root_of(view, ana).create("city", name=name).uid for name in names]
    keep(service, view)
    return view_of(service, ana).load(uids)


def again(service: Service, ana: Master, node: Node) -> Node:
    """The node as another run sees it now."""
    return view_of(service, ana).node(node.uid)


def uid_in(caught: pytest.ExceptionInfo[Conflict]) -> str:
    return caught.value.uid


def test_what_was_changed_is_kept(service: Service, ana: Master) -> None:
    (city,) = cities(service, ana, "Rome")
    city["name"] = "Roma"
    assert keep(service, city) == {"created": 0, "changed": 1, "deleted": 0}
    assert again(service, ana, city)["name"] == "Roma"


def test_a_change_deep_in_a_context_is_kept(service: Service, ana: Master) -> None:
    (city,) = cities(service, ana, "Rome")
    city.context.setdefault("streets", []).append("Via Appia")
    keep(service, city)
    assert again(service, ana, city)["streets"] == ["Via Appia"]


def test_a_value_set_to_what_it_was_is_no_change(service: Service, ana: Master) -> None:
    (city,) = cities(service, ana, "Rome")
    city["name"] = "Rome"
    assert keep(service, city)["changed"] == 0


def test_a_key_that_was_taken_out_is_gone(service: Service, ana: Master) -> None:
    (city,) = cities(service, ana, "Rome")
    del city["name"]
    keep(service, city)
    assert again(service, ana, city).context == {}


def test_an_edges_context_is_kept(service: Service, ana: Master) -> None:
    rome, oslo = cities(service, ana, "Rome", "Oslo")
    edge = rome.connect(oslo, "road", length=2008)
    keep(service, rome)
    assert view_of(service, ana).edge(edge.uid).context == {"length": 2008}


def test_a_deleted_node_takes_its_edges_with_it(service: Service, ana: Master) -> None:
    rome, oslo = cities(service, ana, "Rome", "Oslo")
    rome.connect(oslo, "road")
    keep(service, rome)
    view = view_of(service, ana)
    view.delete(view.node(oslo.uid))
    keep(service, view)
    assert again(service, ana, rome).out() == []
    assert service.db.rows("SELECT count(*) FROM edge") == [(1,)]


def test_a_node_deleted_here_takes_an_edge_with_it_that_another_run_made_meanwhile(
    service: Service, ana: Master
) -> None:
    rome, oslo = cities(service, ana, "Rome", "Oslo")
    view = view_of(service, ana)
    view.delete(view.node(oslo.uid))
    rome.connect(oslo, "road")
    keep(service, rome)
    keep(service, view)
    assert again(service, ana, rome).out() == []


def test_what_was_created_and_deleted_leaves_nothing_to_write(service: Service, ana: Master) -> None:
    view = view_of(service, ana)
    root_of(view, ana).create("city").delete()
    assert view.finish().empty()


def test_two_runs_that_change_one_object_are_in_conflict(service: Service, ana: Master) -> None:
    (mine,) = cities(service, ana, "Rome")
    others = again(service, ana, mine)
    mine["a"], others["a"] = 1, 2
    keep(service, others)
    with pytest.raises(Conflict) as caught:
        keep(service, mine)
    assert uid_in(caught) == mine.uid


def test_two_runs_that_change_different_objects_are_not(service: Service, ana: Master) -> None:
    rome, oslo = cities(service, ana, "Rome", "Oslo")
    other = again(service, ana, oslo)
    rome["a"], other["a"] = 1, 2
    keep(service, other)
    assert keep(service, rome)["changed"] == 1


def test_two_runs_may_hang_nodes_on_one(service: Service, ana: Master) -> None:
    one, two = view_of(service, ana), view_of(service, ana)
    for view in (one, two):
        root_of(view, ana).create("city")
    keep(service, one)
    keep(service, two)
    assert len(root_of(view_of(service, ana), ana).out()) == 2


def test_a_conflict_names_the_object_that_moved_among_many(service: Service, ana: Master) -> None:
    uids = [city.uid for city in cities(service, ana, "Lyon", "Oslo", "Rome")]
    named: list[str] = []
    for moved in uids:
        mine = view_of(service, ana).load(uids)
        other = view_of(service, ana).node(moved)
        other["turn"] = len(named) + 1
        keep(service, other)
        for city in mine:
            city["mine"] = True
        with pytest.raises(Conflict) as caught:
            keep(service, mine[0])
        named.append(uid_in(caught))
    assert named == uids


def test_a_conflict_names_the_object_that_vanished_among_many(service: Service, ana: Master) -> None:
    rome, oslo = cities(service, ana, "Rome", "Oslo")
    view = view_of(service, ana)
    view.delete(view.node(oslo.uid))
    rome["a"] = oslo["a"] = 1
    keep(service, view)
    with pytest.raises(Conflict) as caught:
        keep(service, rome)
    assert uid_in(caught) == oslo.uid


def test_a_conflict_names_the_object_that_was_deleted_twice(service: Service, ana: Master) -> None:
    rome, oslo = cities(service, ana, "Rome", "Oslo")
    edges = [node.edges_in()[0] for node in (rome, oslo)]
    view = view_of(service, ana)
    view.edge(edges[1].uid).delete()
    keep(service, view)
    for edge in edges:
        edge.delete()
    with pytest.raises(Conflict) as caught:
        keep(service, rome)
    assert uid_in(caught) == edges[1].uid


def test_an_edge_to_a_node_that_vanished_is_a_conflict(service: Service, ana: Master) -> None:
    rome, oslo = cities(service, ana, "Rome", "Oslo")
    view = view_of(service, ana)
    view.delete(view.node(oslo.uid))
    rome.connect(oslo)
    keep(service, view)
    with pytest.raises(Conflict) as caught:
        keep(service, rome)
    assert uid_in(caught) == oslo.uid


def test_a_conflict_keeps_nothing_of_the_run(service: Service, ana: Master) -> None:
    rome, oslo = cities(service, ana, "Rome", "Oslo")
    other = again(service, ana, oslo)
    other["a"] = 1
    keep(service, other)
    rome["a"] = oslo["a"] = 2
    rome.create("house")
    with pytest.raises(Conflict):
        keep(service, rome)
    assert "a" not in again(service, ana, rome)
    assert again(service, ana, rome).out() == []


def test_everything_is_written_in_one_transaction(service: Service, ana: Master) -> None:
    rome, oslo = cities(service, ana, "Rome", "Oslo")
    rome["a"] = 1
    rome.create("house")
    oslo.delete()
    with statements(service.db) as asked:
        keep(service, rome)
    writes = [one.split()[0].rstrip(";") for one in asked if one.split()[0] not in ("SELECT", "--")]
    assert (writes[0], writes[-1]) == ("BEGIN", "COMMIT")
    assert writes.count("BEGIN") == 1


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, "\ud800", object()])
def test_a_context_that_is_no_json_is_refused_before_anything_is_written(
    service: Service, ana: Master, value: object
) -> None:
    (city,) = cities(service, ana, "Rome")
    city["bad"] = value
    with pytest.raises(ValueError, match=city.uid):
        keep(service, city)


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, "\ud800", object()])
def test_a_created_nodes_context_that_is_no_json_is_refused_before_anything_is_written(
    service: Service, ana: Master, value: object
) -> None:
    # Found while the changes are written, it is too late: then it is no fault of the walker's, but a crash.
    view = view_of(service, ana)
    root_of(view, ana).create("city")["bad"] = value
    with pytest.raises(ValueError):
        view.finish()
