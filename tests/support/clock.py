"""A clock that stands still until a test moves it."""


class Clock:
    """UTC seconds; call it for the time, `pass_` to let time pass."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += seconds
