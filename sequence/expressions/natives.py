"""The functions that expressions may call: a table, filled by the modules that define them, and how one is called."""

import inspect
from collections.abc import Callable
from typing import Any

from sequence.expressions.bounds import Meter
from sequence.expressions.library import Jsonata, Signature
from sequence.expressions.values import number

Call = Callable[..., Any]
NATIVES: dict[str, "Native"] = {}
"""Name -> function. The checker, "did you mean" and the docs read this table."""


class Machine:
    """What functions need of the evaluation that calls them."""

    meter: Meter
    ask: Callable[[str], str]
    """The answer `now` or `uuid` of the run."""

    def call(self, function: Any, arguments: list[Any]) -> Any:
        """The result of a function that the expression has passed."""
        raise NotImplementedError

    def look_up(self, value: Any, name: str) -> Any:
        """The value under a key; of a list those of its items."""
        raise NotImplementedError


class Native(Jsonata.JFunction):  # type: ignore[misc]
    """A function. `changes_text`: a secret that goes in can't be told in what comes out."""

    def __init__(self, name: str, signature: str, method: Call, changes_text: bool) -> None:
        super().__init__(None, None)
        self.function_name = name
        self.signature = Signature(signature, name)
        self.method = method
        self.changes_text = changes_text
        parameters = list(inspect.signature(method).parameters.values())[1:]
        self.takes_any = bool(parameters) and parameters[-1].kind is inspect.Parameter.VAR_POSITIONAL
        self.nargs = len(parameters)

    def get_number_of_args(self) -> int:
        """See the library: partial application asks."""
        return self.nargs

    def run(self, machine: Machine, arguments: list[Any]) -> Any:
        """Its result; what is not given is None. Counts a walk over each argument."""
        for argument in arguments:
            if isinstance(argument, (str, list, dict)):
                machine.meter.walk(len(argument))
        machine.meter.work()
        if not self.takes_any:
            arguments = [*arguments[: self.nargs], *[None] * (self.nargs - len(arguments))]
        result = self.method(machine, *arguments)
        if isinstance(result, str):
            machine.meter.make(len(result))
        return number(result) if isinstance(result, float) else result


def native(name: str, signature: str, *, changes_text: bool = False) -> Callable[[Call], Call]:
    """Puts a function into the table, by its name and its signature in JSONata's writing."""

    def put(method: Call) -> Call:
        NATIVES[name] = Native(name, signature, method, changes_text)
        return method

    return put
