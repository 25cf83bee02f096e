"""The names of consumers: admins see the real ones, which contain the host; others see numbers."""

from collections.abc import Iterable

WEB = "web@"  # what the name of a web process begins with


def is_web(name: str | None) -> bool:
    """Whether who has this name is a web process, which runs jobs inside the requests that ask for them."""
    return (name or "").startswith(WEB)


class WorkerNames:
    """The names of consumers for somebody. The same consumers have the same numbers."""

    def __init__(self, names: Iterable[str], *, is_admin: bool) -> None:
        """`names`: of the consumers that there are."""
        self._is_admin = is_admin
        self._shown: dict[str, str] = {}
        for name in sorted(names):
            self.of(name)

    def of(self, name: str) -> str:
        """What the consumer of a name is called."""
        if self._is_admin:
            return name
        return self._shown.setdefault(name, f"huey@worker-{len(self._shown) + 1}")
