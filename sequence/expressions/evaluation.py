"""Evaluates a program over the values of a run."""

import threading
from collections.abc import Callable
from typing import Any, Protocol

from sequence.errors import StepError
from sequence.expressions.bounds import BoundReached, Bounds, Fault, Meter, Reached
from sequence.expressions.library import JException, sequence_of
from sequence.expressions.machine import Evaluator
from sequence.expressions.parsing import message_of
from sequence.expressions.program import Program
from sequence.expressions.values import outcome, taken
from sequence.json_values import MISSING, Json

_TOO_DEEP = "is nested too deep, the limit of an expression"


class World(Protocol):
    """Where an expression finds its values."""

    def context(self, name: str) -> Json:
        """`$` for "", or the value of a name of CONTEXT; MISSING for none."""

    def named(self, root: str, name: str) -> Json:
        """The value of a name below `env` or `secret`; MISSING for none."""

    def ask(self, name: str) -> str:
        """The answer `now` or `uuid`."""

    def restart(self) -> None:
        """The evaluation begins again: what it asked so far doesn't count."""


def evaluate(program: Program, world: World, bounds: Bounds) -> Json:
    """The value of an expression, MISSING for nothing. Raises BoundReached, and StepError for all that goes wrong."""
    where = f"{{{{= {program.shown} }}}}"
    try:
        return _on_any_stack(lambda: _evaluate(program, world, bounds), world.restart)
    except Reached as reached:
        raise BoundReached(f"{where} {reached}") from None
    except StepError:
        raise
    except (Fault, JException) as error:
        raise StepError(f"{where}: {message_of(error)[:300]}") from None
    except Exception as error:  # the library's own slips
        raise StepError(f"{where}: {type(error).__name__}: {str(error)[:200]}") from None


def _evaluate(program: Program, world: World, bounds: Bounds) -> Json:
    meter = Meter(bounds)
    evaluator = Evaluator(meter, world.ask)
    names = evaluator.environment.bindings
    for name in program.reads:
        if below := program.named.get(name):
            names[name] = {key: value for key in below if (value := world.named(name, key)) is not MISSING}
        elif (value := world.context(name)) is not MISSING:
            names[name] = taken(value, meter)
    value = world.context("")
    root: Any = None if value is MISSING else taken(value, meter)
    names["$"] = root
    if isinstance(root, list):
        root = sequence_of([root])
        root.outer_wrapper = True
    return outcome(evaluator.eval(program.root, root, evaluator.environment), meter)


def _on_any_stack(work: Callable[[], Json], restart: Callable[[], None]) -> Json:
    """Does the work; once more on the stack of a thread of its own when this one's has not enough left.

    Otherwise how deep an expression may go would depend on how deep the step stands that has it.
    """
    try:
        return work()
    except RecursionError:
        restart()
    result: list[Json] = []
    errors: list[BaseException] = []

    def on_new_stack() -> None:
        try:
            result.append(work())
        except RecursionError:
            errors.append(Reached(_TOO_DEEP))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=on_new_stack, name="sequence-expression", daemon=True)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return result[0]
