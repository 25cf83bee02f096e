"""Connections and transactions, and all that is special to the database in use."""
