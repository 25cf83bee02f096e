"""Sequences: what one of them may do and hold."""

from dataclasses import dataclass
from typing import Any

from walkabout.setting_rules import MB, setting


@dataclass(frozen=True)
class SequenceRunSettings:
    """Sequences: what one of them may do and hold."""

    sequence_limit_s: float = setting(
        "SEQUENCE_LIMIT_S", 3600.0, "seconds a sequence may run as a job, from its first start", least=0.1
    )
    finally_s: float = setting(
        "FINALLY_S",
        10.0,
        "seconds that `on_error` of a sequence may take as a job, and `finally` as many again",
        least=0.1,
    )
    finally_now_s: float = setting("FINALLY_NOW_S", 3.0, "the same inside a request", least=0.1)
    sequence_requests: int = setting("SEQUENCE_REQUESTS", 10_000, "requests of a sequence, each try counted", least=1)
    sequence_items: int = setting("SEQUENCE_ITEMS", 100_000, "loop items of a sequence, all loops together", least=1)
    sequence_steps: int = setting(
        "SEQUENCE_STEPS", 250_000, "steps of a sequence, those of loops and blocks each time that they run", least=1
    )
    sequence_blocks: int = setting(
        "SEQUENCE_BLOCKS", 10, "blocks of a sequence that may use each other, level by level", least=1, most=50
    )
    sequence_memory_mb: float = setting(
        "SEQUENCE_MEMORY_MB", 16.0, "largest persistence of a sequence as JSON, MiB", least=0.001
    )
    sequence_journal_mb: float = setting(
        "SEQUENCE_JOURNAL_MB",
        64.0,
        "largest journal of a sequence, MiB; above it the run can't be resumed",
        least=0.001,
    )
    sequence_depth: int = setting(
        "SEQUENCE_DEPTH", 100, "levels that a sequence's data may be nested", least=1, most=500
    )
    sequence_concurrency: int = setting(
        "SEQUENCE_CONCURRENCY", 32, "most items of one loop at a time", least=1, most=64
    )
    sequence_env: str = setting("SEQUENCE_ENV", "", "variables that {{env.NAME}} may read, separated by commas")

    def language_limits(self) -> dict[str, Any]:
        """These settings as limits of the language, by the names that they have in `sequence.SequenceLimits`."""
        return {
            "persistence_bytes": int(self.sequence_memory_mb * MB),
            "requests": self.sequence_requests,
            "items": self.sequence_items,
            "steps": self.sequence_steps,
            "blocks": self.sequence_blocks,
            "total_s": self.sequence_limit_s,
            "finally_s": self.finally_s,
            "depth": self.sequence_depth,
            "concurrency": self.sequence_concurrency,
            "journal_bytes": int(self.sequence_journal_mb * MB),
        }
