"""The client that waits for an answer: whether its connection is still open."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from walkabout.front.steps import Future, call_when_done

CLIENT = "walkabout.client"  # its name in the environ of a request


class Connected(Protocol):
    """The server's side of a request."""

    def client_disconnect(self) -> Future:
        """Done when the connection has ended."""


class WaitingClient:
    """The client of one request. Costs nothing until it is watched."""

    def __init__(self, connection: Connected) -> None:
        self._connection: Connected | None = connection

    def forget(self) -> None:
        """The request was answered: release the connection, even if somebody still holds this object."""
        self._connection = None

    @contextmanager
    def watched(self, gone: Callable[[], object]) -> Iterator[None]:
        """While inside: call `gone`, in another thread, when the client hangs up (at once, if it has already)."""
        if self._connection is None:
            yield
            return
        ended = self._connection.client_disconnect()

        def call(_ended: object) -> None:
            gone()

        call_when_done(ended, call)
        try:
            yield
        finally:
            # The server notifies only one watcher of a connection, so none may stay registered.
            ended.remove_done_callback(call)
            ended.cancel()
