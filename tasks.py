"""The worker process: `huey_consumer tasks.huey` runs jobs, and the supervisor's tick beside them."""

from walkabout.entry.worker import huey

__all__ = ["huey"]
