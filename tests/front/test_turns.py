"""Turns, and the coroutines that wait for them, without a server."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from walkabout.front.steps import Step, run_where_it_arrives
from walkabout.front.turns import Turns


class Loop:
    """What the server takes for an event loop."""

    def call_soon(self, *_: Any, **__: Any) -> None:
        raise AssertionError("nothing of ours is run by the loop")

    call_soon_threadsafe = call_soon


def arrives(turns: Turns) -> Callable[..., Any]:
    loop = Loop()
    run_where_it_arrives(loop, turns.next)  # type: ignore[arg-type]
    return lambda coroutine: loop.call_soon_threadsafe(print, coroutine, None)


def test_who_finds_no_turn_goes_on_in_the_thread_that_gives_one_back() -> None:
    turns = Turns(1)
    came: list[tuple[str, str]] = []
    begun, may_end = threading.Event(), threading.Event()

    async def request(name: str) -> None:
        await turns.take()
        came.append((name, threading.current_thread().name))
        if name == "first":
            begun.set()
            may_end.wait(30)
        turns.give_back()

    arrive = arrives(turns)
    first = threading.Thread(target=arrive, args=(request("first"),), name="one")
    first.start()
    assert begun.wait(30)
    arrive(request("second"))  # returns at once: it holds no thread
    arrive(request("third"))
    assert len(came) == 1
    may_end.set()
    first.join(30)
    assert came == [("first", "one"), ("second", "one"), ("third", "one")]


def test_a_long_queue_is_no_deep_stack() -> None:
    turns = Turns(1)
    came = 0

    async def request() -> None:
        nonlocal came
        await turns.take()
        came += 1
        turns.give_back()

    async def holder() -> None:
        await turns.take()
        for _ in range(5000):
            Step(request())()
        turns.give_back()

    arrives(turns)(holder())
    assert came == 5000


def test_what_is_not_ours_is_left_to_the_loop() -> None:
    loop = asyncio.new_event_loop()
    run_where_it_arrives(loop, lambda: None)
    came: list[int] = []

    async def main() -> None:
        loop.call_soon(came.append, 1)
        await asyncio.sleep(0)
        await asyncio.to_thread(loop.call_soon_threadsafe, came.append, 2)
        await asyncio.sleep(0)

    try:
        loop.run_until_complete(main())
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
    assert came == [1, 2]
