"""Declares, for each function of the ledger, from which states it moves a run, and to which."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])

NEW: tuple[str, ...] = ()
"""Instead of the states before: there is no row yet."""


@dataclass(frozen=True)
class Transition:
    """What a function of the ledger may do. `before`: the states from which it wins; `after`: those where it may lead."""

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def transition(before: tuple[str, ...], *after: str) -> Callable[[F], F]:
    """Declare a function as a transition; it stays as it is."""

    def declare(function: F) -> F:
        function.__dict__["transition"] = Transition(function.__name__, before, after)
        return function

    return declare


def transitions_of(owner: type) -> list[Transition]:
    """What the functions of a class declare, its bases' first, in their order."""
    functions = [function for one in reversed(owner.__mro__) for function in vars(one).values()]
    return [found for function in functions if (found := getattr(function, "transition", None)) is not None]
