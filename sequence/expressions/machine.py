"""Evaluates a parsed expression: the library's evaluator, with everything counted that can take long or grow."""

from collections.abc import Callable
from typing import Any

from sequence.expressions.bounds import Fault, Meter, Reached
from sequence.expressions.library import (
    NOT_GIVEN,
    Items,
    Jsonata,
    is_function,
    is_lambda,
)
from sequence.expressions.natives import NATIVES, Native
from sequence.expressions.parsing import trampoline
from sequence.expressions.paths import Paths
from sequence.expressions.patterns import Pattern
from sequence.expressions.values import clone

Ask = Callable[[str], str]
_PASSED: Any = object()
"""In place of `$`: the call comes from a function that takes functions."""


class NameFrame(Jsonata.Frame):  # type: ignore[misc]
    """The names of a block or a function. Without the library's recursion from frame to frame."""

    def bind(self, name: str, val: Any) -> None:
        """See the library; the function's own name stays what it is, as all evaluations share it."""
        self.bindings[name] = val

    def lookup(self, name: str) -> Any:
        """The nearest value of a name; None when there is none."""
        frame: Any = self
        while frame is not None:
            if name in frame.bindings:
                return frame.bindings[name]
            frame = frame.parent
        return None


class Evaluator(Paths, Jsonata):  # type: ignore[misc]
    """One evaluation. `ask` answers `now` and `uuid`."""

    def __init__(self, meter: Meter, ask: Ask) -> None:
        # Not the library's own: that parses.
        self.meter = meter
        self.ask = ask
        self.depth = 0
        self.parser = _QUIET
        self.environment = NameFrame(None)
        self.methods: dict[str, Callable[[Any, Any, Any], Any]] = {
            "path": self.evaluate_path,
            "binary": self.evaluate_binary,
            "unary": self.evaluate_unary,
            "name": self.evaluate_name,
            "string": self.evaluate_literal,
            "number": self.evaluate_literal,
            "value": self.evaluate_literal,
            "wildcard": self.evaluate_wildcard,
            "descendant": self.evaluate_descendants,
            "parent": self.evaluate_parent,
            "condition": self.evaluate_condition,
            "block": self.evaluate_block,
            "bind": self.evaluate_bind_expression,
            "regex": self.evaluate_regex,
            "function": self.evaluate_call,
            "variable": self.evaluate_variable,
            "lambda": self.evaluate_lambda,
            "partial": self.evaluate_partial_application,
            "apply": self.evaluate_apply_expression,
            "transform": self.evaluate_transform_expression,
        }

    def eval(self, expr: Any, input: Any, environment: Any) -> Any:
        """The value of one node, with its filters; a sequence of one item is that item, an empty one is nothing."""
        meter = self.meter
        meter.work()
        self.depth += 1
        if self.depth > meter.bounds.depth:
            raise Reached(f"is nested deeper than {meter.bounds.depth} evaluations, the limit of an expression")
        result = self.methods[expr.type](expr, input, environment)
        for item in expr.predicate or ():
            result = self.evaluate_filter(item.expr, result, environment)
        if expr.group is not None and expr.type != "path":
            result = self.evaluate_group_expression(expr.group, result, environment)
        self.depth -= 1
        if type(result) is Items and result.sequence and not result.tuple_stream:
            if expr.keep_array:
                result.keep_singleton = True
            if not result:
                return None
            if len(result) == 1 and not result.keep_singleton:
                return result[0]
        return result

    def create_frame(self, enclosing_environment: Any = None) -> NameFrame:
        """See the library."""
        self.meter.make(200)
        return NameFrame(enclosing_environment)

    def frame_of(self, environment: Any, names: Any) -> NameFrame:
        """A frame with these names."""
        frame = self.create_frame(environment)
        frame.bindings.update(names)
        return frame

    def evaluate_variable(self, expr: Any, input: Any, environment: Any) -> Any:
        """The value of a name; `$` is the context."""
        if expr.value == "":
            return input[0] if isinstance(input, Items) and input.outer_wrapper else input
        frame = environment
        while frame is not None:
            if expr.value in frame.bindings:
                return frame.bindings[expr.value]
            self.meter.work()
            frame = frame.parent
        return NATIVES.get(expr.value)

    def evaluate_parent(self, expr: Any, _input: Any, environment: Any) -> Any:
        """`%`: the object that the context was found in."""
        return environment.lookup(expr.slot.label)

    def evaluate_regex(self, expr: Any, _input: Any = None, _environment: Any = None) -> Any:
        """A regex that is written out."""
        return expr.value

    def evaluate_lambda(self, expr: Any, input: Any, environment: Any) -> Any:
        """See the library."""
        self.meter.make(3000)
        return super().evaluate_lambda(expr, input, environment)

    def evaluate_call(self, expr: Any, input: Any, environment: Any) -> Any:
        """The call of a function."""
        return self.evaluate_function(expr, input, environment, NOT_GIVEN)

    def evaluate_transform_expression(self, expr: Any, _input: Any, environment: Any) -> Any:
        """`| pattern | update |`: a function that changes a copy."""
        return Native(
            "transform", "<(oa):o>", lambda _, value: self._transform(expr, value, environment), changes_text=False
        )

    def _transform(self, expr: Any, value: Any, environment: Any) -> Any:
        if value is None:
            return None
        copy = clone(value, self.meter)
        found = self.eval(expr.pattern, copy, environment)
        for match in [] if found is None else found if isinstance(found, list) else [found]:
            update = self.eval(expr.update, match, environment)
            if update is not None and not isinstance(update, dict):
                raise Fault("the update of a transform is an object")
            if not isinstance(match, dict):
                continue
            if update is not None:
                self.meter.make_object(len(update))
                match.update(update)
            gone = None if expr.delete is None else self.eval(expr.delete, match, environment)
            for name in [] if gone is None else gone if isinstance(gone, list) else [gone]:
                self.meter.work()
                if not isinstance(name, str):
                    raise Fault("what a transform deletes is a text or a list of texts")
                match.pop(name, None)
        return copy

    def call(self, function: Any, arguments: list[Any]) -> Any:
        """The result of a function that the expression has passed."""
        if not is_function(function):
            raise Fault("a function is needed here")
        return self.apply(function, arguments, _PASSED, self.environment)

    def apply_inner(self, proc: Any, args: Any, input: Any, _environment: Any) -> Any:
        """One call of a function; its arguments as its signature wants them."""
        is_passed = input is _PASSED
        if is_passed:
            input = None
        if is_lambda(proc):
            if proc.signature is not None:
                args = self._validate(proc.signature, args, input)
            return self.apply_procedure(proc, args)
        if isinstance(proc, Native):
            # From the functions that take functions the arguments come as they are.
            return proc.run(self, args if is_passed else self._validate(proc.signature, args, input))
        if isinstance(proc, Pattern):
            return next(matches_of(proc, args[0], self), None) if args and isinstance(args[0], str) else None
        if isinstance(proc, Jsonata.JLambda):
            return proc.call(input, args)
        raise Fault("what is called is no function")

    def _validate(self, signature: Any, args: Any, input: Any) -> Any:
        self.meter.work(sum(len(arg) >> 4 for arg in args if isinstance(arg, list)))
        return signature.validate(args, input)

    def partial_apply_native_function(self, native: Any, args: Any) -> Any:
        """`$substring(?, 0, 5)`: a function of what is left out."""
        self.meter.make(10_000)
        count = min(len(args), native.get_number_of_args())
        return self.partial_apply_procedure(trampoline(native.function_name, count), args)


class _Quiet:
    """What the library's evaluator asks its parser: whether to print."""

    dbg = False


_QUIET = _Quiet()


def matches_of(pattern: Pattern, text: str, machine: Evaluator) -> Any:
    """The matches of a regex as objects, each with a function that gives the next one."""
    for found in pattern.matches(text, machine.meter):
        machine.meter.make(500 + 2 * len(found.group()))
        yield {
            "match": found.group(),
            "start": found.start(),
            "end": found.end(),
            "groups": ["" if group is None else group for group in found.groups()],
        }
