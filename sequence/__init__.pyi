from sequence.engine.records import Record
from sequence.engine.run import SequenceRun, run
from sequence.errors import Halted, RunError
from sequence.json_values import JsonValue
from sequence.language.advice import advice
from sequence.language.check import check
from sequence.language.relaxed_json import BadText, Document, read
from sequence.language.schema import schema
from sequence.language.tokens import TOKEN
from sequence.problems import Invalid, Problem
from sequence.senders.base import Jac, Nested, StepRequest, StepResponse
from sequence.senders.connections import open_session
from sequence.senders.guard import Guard, Policy, RequestRefused, is_metadata_entry
from sequence.senders.journal import Journal, MemoryJournal, unsettled
from sequence.senders.live import Live
from sequence.senders.mock import Mock, check_mocks
from sequence.senders.network import Network
from sequence.senders.replay import Replay
from sequence.settings import SequenceLimits, SequenceSettings

__all__ = [
    "TOKEN",
    "BadText",
    "Document",
    "Guard",
    "Halted",
    "Invalid",
    "Jac",
    "Journal",
    "JsonValue",
    "Live",
    "MemoryJournal",
    "Mock",
    "Nested",
    "Network",
    "Policy",
    "Problem",
    "Record",
    "Replay",
    "RequestRefused",
    "RunError",
    "SequenceLimits",
    "SequenceRun",
    "SequenceSettings",
    "StepRequest",
    "StepResponse",
    "advice",
    "check",
    "check_mocks",
    "is_metadata_entry",
    "open_session",
    "read",
    "run",
    "schema",
    "unsettled",
]
