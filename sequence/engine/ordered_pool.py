"""Runs numbered items on several threads and yields their results in the items' order."""

import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

Result = TypeVar("Result")


class OrderedPool(Generic[Result]):
    """Starts items in order on some threads and yields the results in order.

    `enough(result)` is asked once per result, in any order, never two at a time: true starts no further item. Those
    that were started are still yielded. Items run at most `window` ahead of the one that is yielded next, so that
    results which wait for their turn stay few. What `work` raises is raised by `results` at once.
    """

    def __init__(
        self, work: Callable[[int], Result], count: int, threads: int, window: int, enough: Callable[[Result], bool]
    ) -> None:
        self._work = work
        self._count = count
        self._threads = threads
        self._window = window
        self._enough = enough
        self._changed = threading.Condition()
        self._done: dict[int, Result] = {}
        self._next = 0
        self._yielded = 0
        self._stopped = False
        self._crash: BaseException | None = None

    def results(self) -> Iterator[Result]:
        """The results, in the items' order."""
        crew = [threading.Thread(target=self._labour, name=f"sequence-{i}", daemon=True) for i in range(self._threads)]
        for thread in crew:
            thread.start()
        try:
            while (result := self._await()) is not None:
                yield result[0]
        except BaseException:
            # An interrupt must not wait for requests in flight: the threads are daemons and stop after them.
            self.stop()
            raise
        for thread in crew:
            thread.join()

    def stop(self) -> None:
        """No further item starts."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _await(self) -> tuple[Result] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._crash or self._yielded in self._done or self._is_over())
            if self._crash is not None:
                raise self._crash
            if self._yielded not in self._done:
                return None
            result = self._done.pop(self._yielded)
            self._yielded += 1
            self._changed.notify_all()
            return (result,)

    def _is_over(self) -> bool:
        return self._yielded >= self._count or (self._stopped and self._yielded >= self._next)

    def _labour(self) -> None:
        while (place := self._take()) is not None:
            try:
                result = self._work(place)
            except BaseException as crash:
                with self._changed:
                    self._crash = self._crash or crash
                    self._stopped = True
                    self._changed.notify_all()
                return
            with self._changed:
                self._done[place] = result
                self._stopped = self._enough(result) or self._stopped
                self._changed.notify_all()

    def _take(self) -> int | None:
        with self._changed:
            self._changed.wait_for(
                lambda: self._stopped or self._next >= self._count or self._next < self._yielded + self._window
            )
            if self._stopped or self._next >= self._count:
                return None
            self._next += 1
            return self._next - 1
