"""Chains of HTTP requests written as JSON: the language, its checker and its runner. A library of its own.

    run = sequence.run({"requests": [{"method": "GET", "api": "http://localhost:8000/todos/1", "save_to": "todo"}]})
    run.ok, run.error, run.persistence, run.steps

`check` names every problem of a structure before anything is sent; `read` takes the text that people write.
"""

from sequence.check import check
from sequence.errors import Problem, RunError
from sequence.guard import Guard, Policy, Refused, is_metadata_entry
from sequence.journal import Journal, MemoryJournal, unsettled
from sequence.records import Record
from sequence.run import Run, run
from sequence.schema import schema
from sequence.senders.base import Answer, Jac, Nested, Request
from sequence.senders.connections import open_session
from sequence.senders.live import Live
from sequence.senders.mock import Mock, check_mocks
from sequence.senders.network import Network
from sequence.senders.replay import Replay
from sequence.settings import Limits, Settings
from sequence.text import Document, TextRefused, read

__all__ = [
    "Answer",
    "Document",
    "Guard",
    "Jac",
    "Journal",
    "Limits",
    "Live",
    "MemoryJournal",
    "Mock",
    "Nested",
    "Network",
    "Policy",
    "Problem",
    "Record",
    "Refused",
    "Replay",
    "Request",
    "Run",
    "RunError",
    "Settings",
    "TextRefused",
    "check",
    "check_mocks",
    "is_metadata_entry",
    "open_session",
    "read",
    "run",
    "schema",
    "unsettled",
]
