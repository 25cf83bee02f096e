"""Imports and exports periodic tasks."""
