"""Graphs: made, listed, chosen and deleted."""

import pytest

from tests.support.walks import keep, root_of, view_of
from walkabout.people.masters import Master
from walkabout.service import Service


def now(service: Service, master: Master) -> Master:
    """The master as the table has it now."""
    found = service.masters.by_uid(master.uid)
    assert found is not None
    return found


def test_graphs_are_listed_oldest_first(service: Service, ana: Master) -> None:
    made = [service.graphs.create(ana.uid, activate=False) for _ in range(2)]
    assert service.graphs.list(ana.uid) == [ana.active_graph, *made]


@pytest.mark.parametrize("activate", [True, False])
def test_a_new_graph_is_active_if_asked(service: Service, ana: Master, activate: bool) -> None:
    made = service.graphs.create(ana.uid, activate=activate)
    assert (now(service, ana).active_graph == made) is activate


def test_graphs_of_others_are_not_listed(service: Service, ana: Master, bob: Master) -> None:
    assert ana.active_graph not in service.graphs.list(bob.uid)


def test_a_graph_is_deleted_with_its_nodes_and_edges(service: Service, ana: Master) -> None:
    view = view_of(service, ana)
    root_of(view, ana).create("city").create("house")
    keep(service, view)
    service.graphs.delete(ana.active_graph or "", ana.uid)
    assert service.db.rows("SELECT count(*) FROM edge") == [(0,)]
    assert len(service.db.rows("SELECT uid FROM node")) == 1


def test_another_graph_becomes_active_when_the_active_one_is_deleted(service: Service, ana: Master) -> None:
    other = service.graphs.create(ana.uid, activate=False)
    service.graphs.delete(ana.active_graph or "", ana.uid)
    assert now(service, ana).active_graph == other


def test_who_deletes_the_last_graph_gets_a_new_one(service: Service, ana: Master) -> None:
    service.graphs.delete(ana.active_graph or "", ana.uid)
    assert service.graphs.list(ana.uid) == [now(service, ana).active_graph]
    assert now(service, ana).active_graph != ana.active_graph


def test_deleting_another_graph_leaves_the_active_one(service: Service, ana: Master) -> None:
    other = service.graphs.create(ana.uid, activate=False)
    service.graphs.delete(other, ana.uid)
    assert now(service, ana).active_graph == ana.active_graph


def test_who_has_no_active_graph_gets_one_when_asked(service: Service, ana: Master) -> None:
    service.masters.activate_graph(ana.uid, None)
    assert service.graphs.active(now(service, ana)) == ana.active_graph


@pytest.mark.parametrize(
    ("limit", "offset", "counts"),
    [(0, 0, (3, 2)), (3, 0, (3, 0)), (4, 0, (3, 1)), (2, 2, (1, 1)), (5, 4, (0, 1)), (5, 9, (0, 0))],
)
def test_a_page_of_a_graph_has_its_nodes_before_its_edges(
    service: Service, ana: Master, limit: int, offset: int, counts: tuple[int, int]
) -> None:
    view = view_of(service, ana)
    root_of(view, ana).create("city").create("house")
    keep(service, view)
    nodes, edges, _ = view_of(service, ana).page_of_graph(ana.active_graph or "", limit, offset)
    assert (len(nodes), len(edges)) == counts
