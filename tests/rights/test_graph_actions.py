"""Who may do what to a graph, asked of the actions themselves, whatever face calls them."""

import pytest

from tests.rights.conftest import World
from walkabout.actions import graphs
from walkabout.graph.rights import NotYours
from walkabout.graph.view import NotFound


@pytest.mark.parametrize("who", ["carol", "eve"])
def test_a_graph_that_one_may_not_read_is_not_there(world: World, who: str) -> None:
    before = world.master(who).active_graph
    for action in (graphs.activate, graphs.delete):
        with pytest.raises(NotFound):
            action(world.service, world.master(who), world.uid("root"))
    assert world.master(who).active_graph == before


def test_who_may_only_read_a_graph_makes_it_active_and_does_not_delete_it(world: World) -> None:
    graphs.activate(world.service, world.master("bob"), world.uid("root"))
    assert world.master("bob").active_graph == world.uid("root")
    with pytest.raises(NotYours):
        graphs.delete(world.service, world.master("bob"), world.uid("root"))


@pytest.mark.parametrize("who", ["alice", "dan"])
def test_its_owner_and_admins_do_both(world: World, who: str) -> None:
    graphs.activate(world.service, world.master(who), world.uid("root"))
    graphs.delete(world.service, world.master(who), world.uid("root"))
