"""Sequences: what one of them may do and hold."""

from dataclasses import dataclass, fields
from typing import Any

from walkabout.setting_rules import MB, SettingRule, setting


@dataclass(frozen=True)
class SequenceRunSettings:
    """Sequences: what one of them may do and hold."""

    sequence_limit_s: float = setting(
        "SEQUENCE_LIMIT_S",
        3600.0,
        "seconds a sequence may run as a job, from its first start",
        least=0.1,
        limit="total_s",
    )
    finally_s: float = setting(
        "FINALLY_S",
        10.0,
        "seconds that `on_error` of a sequence may take as a job, and `finally` as many again",
        least=0.1,
        limit="finally_s",
    )
    finally_now_s: float = setting("FINALLY_NOW_S", 3.0, "the same inside a request", least=0.1)
    sequence_requests: int = setting(
        "SEQUENCE_REQUESTS", 10_000, "requests of a sequence, each try counted", least=1, limit="requests"
    )
    sequence_items: int = setting(
        "SEQUENCE_ITEMS", 100_000, "loop items of a sequence, all loops together", least=1, limit="items"
    )
    sequence_steps: int = setting(
        "SEQUENCE_STEPS",
        250_000,
        "steps of a sequence, those of loops and blocks each time that they run",
        least=1,
        limit="steps",
    )
    sequence_blocks: int = setting(
        "SEQUENCE_BLOCKS",
        10,
        "blocks of a sequence that may use each other, level by level",
        least=1,
        most=50,
        limit="blocks",
    )
    sequence_memory_mb: float = setting(
        "SEQUENCE_MEMORY_MB",
        16.0,
        "largest persistence of a sequence as JSON, MiB",
        least=0.001,
        limit="persistence_bytes",
    )
    sequence_journal_mb: float = setting(
        "SEQUENCE_JOURNAL_MB",
        64.0,
        "largest journal of a sequence, MiB; above it the run can't be resumed",
        least=0.001,
        limit="journal_bytes",
    )
    sequence_depth: int = setting(
        "SEQUENCE_DEPTH", 100, "levels that a sequence's data may be nested", least=1, most=500, limit="depth"
    )
    sequence_concurrency: int = setting(
        "SEQUENCE_CONCURRENCY", 32, "most items of one loop at a time", least=1, most=64, limit="concurrency"
    )
    sequence_expression_s: float = setting(
        "SEQUENCE_EXPRESSION_S", 2.0, "seconds of CPU time of one expression", least=0.01, limit="expression_s"
    )
    sequence_env: str = setting("SEQUENCE_ENV", "", "variables that {{env.NAME}} may read, separated by commas")

    sequence_versions: int = setting(
        "SEQUENCE_VERSIONS", 50, "latest versions of a saved sequence that are kept", least=1
    )

    def language_limits(self) -> dict[str, Any]:
        """The settings that are limits of the language, by the names that they have in `sequence.SequenceLimits`."""
        rules = {row.name: row.metadata["rule"] for row in fields(SequenceRunSettings)}
        return {rule.limit: _in_bytes(rule, getattr(self, name)) for name, rule in rules.items() if rule.limit}


def _in_bytes(rule: SettingRule, value: float) -> float:
    """What is MiB in a setting is bytes in the language."""
    return int(value * MB) if rule.env.endswith("_MB") else value
