"""Rows of the graph are read in one order, by those who select them and by those who make objects of them."""

import inspect

import pytest

from walkabout.graph.objects import Edge, Node, Thing
from walkabout.graph.tables import EDGE_COLUMNS, EDGE_PART, NODE_COLUMNS, NODE_PART


@pytest.mark.parametrize(("kind", "columns"), [(Node, NODE_COLUMNS), (Edge, EDGE_COLUMNS)])
def test_columns_are_in_the_order_of_the_parameters(kind: type, columns: tuple[str, ...]) -> None:
    own, common = (list(inspect.signature(one).parameters)[1:] for one in (kind, Thing))
    assert own.pop() == "rest"
    parameters = own + common[common.index("owner") :]
    assert [{"text": "context"}.get(name, name) for name in parameters] == list(columns)


def test_a_row_of_both_has_the_node_first() -> None:
    row = (*NODE_COLUMNS, *EDGE_COLUMNS)
    assert (row[NODE_PART], row[EDGE_PART]) == (NODE_COLUMNS, EDGE_COLUMNS)
