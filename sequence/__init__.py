"""Chains of HTTP requests written as JSON: the language, its checker and its runner. A library of its own.

    run = sequence.run({"requests": [{"method": "GET", "api": "http://localhost:8000/todos/1", "save_to": "todo"}]})
    run.ok, run.error, run.persistence, run.steps

`check` names every problem of a structure before anything is sent, `advice` what is hardly meant; `read` takes the text
that people write.

A name is looked up when somebody asks for it: who takes only the masking of secrets from here pays for nothing else.
`__init__.pyi` says the same to tools that read types.
"""

from importlib import import_module
from typing import Any

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

_MODULES = {
    "BadText": "sequence.language.relaxed_json",
    "Document": "sequence.language.relaxed_json",
    "Guard": "sequence.senders.guard",
    "Halted": "sequence.errors",
    "Invalid": "sequence.problems",
    "Jac": "sequence.senders.base",
    "Journal": "sequence.senders.journal",
    "JsonValue": "sequence.json_values",
    "Live": "sequence.senders.live",
    "MemoryJournal": "sequence.senders.journal",
    "Mock": "sequence.senders.mock",
    "Nested": "sequence.senders.base",
    "Network": "sequence.senders.network",
    "Policy": "sequence.senders.guard",
    "Problem": "sequence.problems",
    "Record": "sequence.engine.records",
    "Replay": "sequence.senders.replay",
    "RequestRefused": "sequence.senders.guard",
    "RunError": "sequence.errors",
    "SequenceLimits": "sequence.settings",
    "SequenceRun": "sequence.engine.run",
    "SequenceSettings": "sequence.settings",
    "StepRequest": "sequence.senders.base",
    "StepResponse": "sequence.senders.base",
    "TOKEN": "sequence.language.tokens",
    "advice": "sequence.language.advice",
    "check": "sequence.language.check",
    "check_mocks": "sequence.senders.mock",
    "is_metadata_entry": "sequence.senders.guard",
    "open_session": "sequence.senders.connections",
    "read": "sequence.language.relaxed_json",
    "run": "sequence.engine.run",
    "schema": "sequence.language.schema",
    "unsettled": "sequence.senders.journal",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return value
