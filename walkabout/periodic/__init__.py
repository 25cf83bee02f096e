"""Periodic tasks: what people plan, when it fires, and how each fire becomes a run."""
