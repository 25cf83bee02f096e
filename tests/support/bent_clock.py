"""A clock that goes wrong: the processes of a service read a file whenever they ask for the time."""

from pathlib import Path

# Read by each Python process at its start; the shift is read whenever somebody asks for the time.
BENT = """
import os, time

_right = time.time


def bent():
    try:
        return _right() + float(open(os.environ["CLOCK_SHIFT"]).read())
    except (OSError, ValueError):
        return _right()


time.time = bent
"""


class BentClock:
    """Bends the clock of the processes that have its `variables` in their environment."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(BENT)
        self.shift = folder / "shift"
        self.variables = {"PYTHONPATH": str(folder), "CLOCK_SHIFT": str(self.shift)}

    def set(self, ahead_s: float) -> None:
        """Let the clock be so many seconds ahead from now on; 0: right."""
        draft = self.shift.with_suffix(".new")
        draft.write_text(str(ahead_s))
        draft.replace(self.shift)
