"""The graph: nodes and edges with a kind and a JSON context, kept in the database, owned by masters."""
