"""The graph as one run sees it."""

import pytest

from tests.support.queries import statements
from tests.support.walks import keep, root_of, view_of
from walkabout.graph.objects import Node
from walkabout.graph.view import NotFound
from walkabout.people.masters import Master
from walkabout.service import Service


def grown(service: Service, ana: Master, *kinds: str) -> list[Node]:
    """Nodes below Ana's root, kept; as a new view reads them."""
    view = view_of(service, ana)
    made = [root_of(view, ana).create(kind, number=number) for number, kind in enumerate(kinds)]
    keep(service, view)
    return view_of(service, ana).load([node.uid for node in made])


def test_a_created_node_hangs_on_its_parent(service: Service, ana: Master) -> None:
    grown(service, ana, "city")
    assert [node.kind for node in root_of(view_of(service, ana), ana).out()] == ["city"]


def test_neighbours_come_in_the_order_of_the_edges_making(service: Service, ana: Master) -> None:
    grown(service, ana, "c", "a", "b")
    assert [node.kind for node in root_of(view_of(service, ana), ana).out()] == ["c", "a", "b"]


def test_edges_can_be_chosen_by_kind(service: Service, ana: Master) -> None:
    view = view_of(service, ana)
    root = root_of(view, ana)
    root.create("house", edge="owns")
    root.create("street", edge="knows")
    assert [node.kind for node in root.out("knows")] == ["street"]


def test_into_leads_back(service: Service, ana: Master) -> None:
    (city,) = grown(service, ana, "city")
    assert [node.uid for node in city.into()] == [ana.active_graph]


def test_an_edge_knows_its_ends(service: Service, ana: Master) -> None:
    (city,) = grown(service, ana, "city")
    (edge,) = city.edges_in()
    assert (edge.source.uid, edge.target) == (ana.active_graph, city)


def test_an_object_is_the_same_however_it_is_reached(service: Service, ana: Master) -> None:
    view = view_of(service, ana)
    child = root_of(view, ana).create("city")
    assert root_of(view, ana).out()[0] is child is view.node(child.uid)


def test_a_run_sees_what_it_has_changed(service: Service, ana: Master) -> None:
    view = view_of(service, ana)
    root_of(view, ana)["name"] = "home"
    assert root_of(view, ana)["name"] == "home"


def test_others_do_not_see_what_is_not_kept_yet(service: Service, ana: Master) -> None:
    root = root_of(view_of(service, ana), ana)
    root["name"] = "home"
    root.create("city")
    seen = root_of(view_of(service, ana), ana)
    assert ("name" in seen, seen.out()) == (False, [])


def test_what_is_connected_before_its_neighbours_are_read_is_seen(service: Service, ana: Master) -> None:
    one, two = grown(service, ana, "one", "two")
    one._view.connect(one, two, "road", {})
    assert one.out() == [two]
    assert two.into("road") == [one]


def test_what_is_connected_after_its_neighbours_were_read_is_seen(service: Service, ana: Master) -> None:
    one, two = grown(service, ana, "one", "two")
    assert (one.out(), two.into("road")) == ([], [])
    one.connect(two, "road")
    assert (one.out(), two.into("road")) == ([two], [one])


def test_a_deleted_node_is_gone_for_the_run(service: Service, ana: Master) -> None:
    view = view_of(service, ana)
    city = root_of(view, ana).create("city")
    city.delete()
    assert root_of(view, ana).out() == []
    with pytest.raises(NotFound):
        view.node(city.uid)


def test_a_deleted_edge_is_gone_for_the_run(service: Service, ana: Master) -> None:
    (city,) = grown(service, ana, "city")
    (edge,) = city.edges_in()
    edge.delete()
    with pytest.raises(NotFound):
        city._view.edge(edge.uid)


def test_nothing_can_be_connected_to_what_the_run_deleted(service: Service, ana: Master) -> None:
    one, two = grown(service, ana, "one", "two")
    two.delete()
    with pytest.raises(NotFound):
        one.connect(two)


def test_a_root_can_not_be_deleted_like_a_node(service: Service, ana: Master) -> None:
    with pytest.raises(ValueError, match="graph_delete"):
        root_of(view_of(service, ana), ana).delete()


@pytest.mark.parametrize("kind", ["", "a\0b", "\ud800"])
def test_a_kind_that_can_not_be_kept_is_refused_at_once(service: Service, ana: Master, kind: str) -> None:
    with pytest.raises(ValueError):
        root_of(view_of(service, ana), ana).create(kind)


def test_the_neighbours_of_a_whole_frontier_are_read_by_one_query(service: Service, ana: Master) -> None:
    nodes = grown(service, ana, *["city"] * 50)
    view = view_of(service, ana)
    frontier = view.load([node.uid for node in nodes])
    view.frontier = lambda: frontier
    with statements(service.db) as asked:
        assert [node.out() for node in frontier] == [[]] * 50
    assert len(asked) == 1


def test_many_nodes_are_loaded_by_one_query(service: Service, ana: Master) -> None:
    uids = [node.uid for node in grown(service, ana, *["city"] * 50)]
    view = view_of(service, ana)
    with statements(service.db) as asked:
        assert [node.uid for node in view.load(uids)] == uids
    assert len(asked) == 1


def test_what_was_read_is_not_read_again(service: Service, ana: Master) -> None:
    view = view_of(service, ana)
    root_of(view, ana).out()
    with statements(service.db) as asked:
        root_of(view, ana).out()
        root_of(view, ana).out("road")
    assert asked == []


def test_what_is_gone_is_left_out_of_a_load(service: Service, ana: Master) -> None:
    (city,) = grown(service, ana, "city")
    missing = "00000000-0000-4000-8000-000000000000"
    assert [node.uid for node in view_of(service, ana).load([missing, city.uid])] == [city.uid]


def test_what_is_shown_of_a_node_does_not_change_with_it(service: Service, ana: Master) -> None:
    root = root_of(view_of(service, ana), ana)
    root["list"] = [1]
    shown = root.as_object()
    root["list"].append(2)
    assert shown["context"] == {"list": [1]}
