"""The tables of the graph, and the order of columns in its hot queries.

Times are UTC seconds; owners, masters and objects are uids; a context is JSON text.
"""

from peewee import AutoField, BooleanField, CompositeKey, FloatField, IntegerField, TextField

from walkabout.database.models import Table


class NodeTable(Table):
    """Nodes; the root of a graph is one of type "graph", whose uid is the graph's."""

    id = AutoField()
    uid = TextField(unique=True)
    type = TextField()
    kind = TextField()
    graph = TextField()
    owner = TextField()
    access = TextField()
    context = TextField()
    version = IntegerField()
    created_at = FloatField()
    follows = TextField(null=True)
    """The node that this one is shared like, until it gets an access of its own."""


class EdgeTable(Table):
    """Edges, from a node (`source`) to another one (`target`)."""

    id = AutoField()
    uid = TextField(unique=True)
    kind = TextField()
    source = TextField()
    target = TextField()
    owner = TextField()
    access = TextField()
    context = TextField()
    version = IntegerField()
    created_at = FloatField()
    own_access = BooleanField()
    """False: who may read both ends may read the edge; True: somebody has set its access."""


class ShareTable(Table):
    """Whom objects are shared with; a `level` is "read" or "write"."""

    object = TextField()
    master = TextField()
    level = TextField()

    class Meta:
        """Found by peewee."""

        primary_key = CompositeKey("object", "master")


class GraphUsageTable(Table):
    """How much each person holds in the graph."""

    master = TextField(primary_key=True)
    bytes = IntegerField()


# In the order of the parameters of Node and Edge: a large walk reads 100,000 rows, and makes an object of each.
NODE_COLUMNS = ("uid", "type", "kind", "graph", "follows", "owner", "access", "context", "version", "created_at")
EDGE_COLUMNS = ("uid", "kind", "source", "target", "own_access", "owner", "access", "context", "version", "created_at")
_WIDTH = len(NODE_COLUMNS)

UID = NODE_COLUMNS.index("uid")
CONTEXT = NODE_COLUMNS.index("context")
"""Where uid and context stand in the row of a node, or of an edge alone."""

EDGE_UID = _WIDTH + EDGE_COLUMNS.index("uid")
EDGE_CONTEXT = _WIDTH + EDGE_COLUMNS.index("context")
"""Where they stand in the row of a node with the edge that leads there."""

NODE_PART = slice(None, _WIDTH)
EDGE_PART = slice(_WIDTH, None)
"""The columns of the node, and those of the edge, in a row of both: `row[NODE_PART]`."""
