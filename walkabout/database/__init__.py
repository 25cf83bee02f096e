"""Connections, transactions and migrations, and everything that depends on the database in use."""
