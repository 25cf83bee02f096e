"""The graph: nodes and edges with a kind and a JSON context, owned by masters."""
