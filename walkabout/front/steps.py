"""Runs coroutines without an event loop: each continues in the server thread that delivers its result.

The server knows an event loop only as the object whose `call_soon_threadsafe` takes a new request, and what a request
has waited for. Through a real loop both would change threads twice, and get the interpreter lock anew each time: a fifth
of what a small request costs. (The server's main thread goes on using its loop for signals.)
"""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Executor
from concurrent.futures import Future as PoolFuture
from contextvars import Context
from types import CoroutineType
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
_NO_CONTEXT = Context()  # the server wants one for each callback; nothing here reads it


class Future(Protocol):
    """What the server gives to wait for: like asyncio's, and safe to use from any thread."""

    def __await__(self) -> Any:
        """Wait for it."""

    def done(self) -> bool:
        """Whether it has a result, an error, or was cancelled."""

    def cancelled(self) -> bool:
        """Whether it was cancelled."""

    def cancel(self) -> bool:
        """End what it waits for; False when it is done already."""

    def add_done_callback(self, call: Callable[[Any], object], context: Context) -> None:
        """Call when it is done."""

    def remove_done_callback(self, call: Callable[[Any], object]) -> int:
        """Call nothing."""


class AwaitCancelled(Exception):
    """What a coroutine awaited was cancelled."""


class Step:
    """One coroutine, going on whenever it is called."""

    __slots__ = ("coroutine",)

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self.coroutine = coroutine

    def __call__(self, awaited: Future | None = None) -> None:
        """Go on until something is awaited that is not there yet; it will call again."""
        while True:
            try:
                if awaited is not None and awaited.cancelled():
                    awaited = self.coroutine.throw(AwaitCancelled())
                else:
                    awaited = self.coroutine.send(None)
            except StopIteration:
                return
            if not awaited.done():
                break
        awaited.add_done_callback(self, context=_NO_CONTEXT)


def call_when_done(future: Future, call: Callable[[Any], object]) -> None:
    """Call with the future when it is done, in whichever thread that is."""
    future.add_done_callback(call, context=_NO_CONTEXT)


async def in_pool(pool: Executor, work: Callable[..., T], *arguments: Any) -> T:
    """What `work` gives in a thread of a pool; what follows goes on there."""
    future = pool.submit(work, *arguments)
    await _Ended(future)
    return future.result()


class _Ended:
    """A future of a thread pool, to be awaited by a Step."""

    def __init__(self, future: "PoolFuture[Any]") -> None:
        self.future = future

    def __await__(self) -> Generator[Any, Any, Any]:
        yield self

    def done(self) -> bool:
        """Whether it has ended."""
        return self.future.done()

    def cancelled(self) -> bool:
        """Nobody cancels it."""
        return False

    def add_done_callback(self, call: Callable[[], object], context: Context) -> None:  # noqa: ARG002
        """Call when it has ended."""
        self.future.add_done_callback(lambda _future: call())


def run_where_it_arrives(loop: asyncio.AbstractEventLoop, following: Callable[[], Callable[[], object] | None]) -> None:
    """Let requests, and what goes on in them, be run by whoever hands them to this loop.

    `following`: what the same thread goes on with afterwards, if anything.
    """
    soon, soon_from_elsewhere = loop.call_soon, loop.call_soon_threadsafe

    def run(step: Step) -> None:
        step()
        while (then := following()) is not None:
            then()

    def call_soon(callback: Callable[..., Any], *args: Any, context: Context | None = None) -> Any:
        return run(callback) if type(callback) is Step else soon(callback, *args, context=context)

    def call_soon_threadsafe(callback: Callable[..., Any], *args: Any, context: Context | None = None) -> Any:
        if type(callback) is Step:
            return run(callback)
        if args and type(args[0]) is CoroutineType:  # a new request: the coroutine that answers it
            return run(Step(args[0]))
        return soon_from_elsewhere(callback, *args, context=context)

    loop.call_soon = call_soon  # type: ignore[method-assign,assignment]
    loop.call_soon_threadsafe = call_soon_threadsafe  # type: ignore[method-assign,assignment]
