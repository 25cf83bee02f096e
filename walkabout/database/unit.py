"""A transaction that begins with the first write."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack


class Unit:
    """A transaction that begins when somebody asks it to."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[None]]) -> None:
        self._transaction = transaction
        self._open: ExitStack | None = None

    @property
    def begun(self) -> bool:
        """Whether it has begun, and not ended yet."""
        return self._open is not None

    def begin(self) -> bool:
        """Begin. False: it had begun already."""
        if self._open is not None:
            return False
        with ExitStack() as stack:
            stack.enter_context(self._transaction())
            self._open = stack.pop_all()
        return True

    def end(self, *, commit: bool) -> None:
        """Commit, or roll back."""
        stack, self._open = self._open, None
        if stack is None:
            return
        if commit:
            stack.close()
            return
        try:
            with stack:
                raise _RolledBack
        except _RolledBack:
            pass


class _RolledBack(Exception):
    """Rolls a unit back."""
