"""How long something has been silent, counted only while this process could really look."""


class Silence:
    """Seconds for which a mark (a beat, a time) has not moved while somebody looked at it again and again.

    Of the time between two looks at most `gap_s` counts: who stood still, or could not look, learns nothing of how
    others fared meanwhile. Times are seconds of a monotonic clock.
    """

    def __init__(self, gap_s: float) -> None:
        self.gap_s = gap_s
        self._mark: object = object()
        self._looked_at = 0.0
        self._seconds = 0.0

    def look(self, mark: object, now: float) -> float:
        """Look at the mark; for how many seconds it has not moved."""
        moved = mark != self._mark
        self._seconds = 0.0 if moved else self._seconds + min(now - self._looked_at, self.gap_s)
        self._mark, self._looked_at = mark, now
        return self._seconds
