"""Paths of expressions: steps, filters, wildcards and sorting, each counted before it makes anything."""

import functools
from typing import Any

from sequence.expressions.bounds import Fault
from sequence.expressions.library import NULL, Items, is_sequence, sequence_of
from sequence.expressions.operators import Operators
from sequence.expressions.values import each_nested, is_number, kind_of, taken, truth


class Paths(Operators):
    """The part of the evaluator that looks into values."""

    def evaluate_path(self, expr: Any, input: Any, environment: Any) -> Any:
        """A path. A single key of an object, which most paths are, is looked up at once."""
        if type(input) is dict and _is_one_key(expr):
            value = self.look_up(input, expr.steps[0].value)
            if not isinstance(value, Items):
                return value
        return super().evaluate_path(expr, input, environment)  # type: ignore[misc]

    def evaluate_step(self, expr: Any, input: Any, environment: Any, last_step: bool) -> Any:
        """One step of a path, for each item that came so far; what it gives is flattened by one level."""
        if expr.type == "sort":
            result = self.evaluate_sort_expression(expr, input, environment)
            return result if expr.stages is None else self.evaluate_stages(expr.stages, result, environment)
        found = []
        for item in input:
            value = self.eval(expr, item, environment)
            for stage in expr.stages or ():
                value = self.evaluate_filter(stage.expr, value, environment)
            if value is not None:
                self.meter.make(8)
                found.append(value)
        if last_step and len(found) == 1 and isinstance(found[0], list) and not is_sequence(found[0]):
            return found[0]
        result = sequence_of()
        for value in found:
            if not isinstance(value, list) or (isinstance(value, Items) and value.cons):
                self.meter.make(8)
                result.append(value)
            else:
                self.meter.make_list(len(value))
                result.extend(value)
        return result

    def evaluate_tuple_step(self, expr: Any, input: Any, tuples: Any, environment: Any) -> Any:
        """A step of a path that binds names (`@$name`, `#$name`, `%`): tuples of the item and what was bound."""
        result = sequence_of()
        result.tuple_stream = True
        if expr.type == "sort":
            if tuples is not None:
                result = self.evaluate_sort_expression(expr, tuples, environment)
            else:
                for place, item in enumerate(self.evaluate_sort_expression(expr, input, environment)):
                    self.meter.make_object(2)
                    result.append({"@": item, expr.index: place})
            result.tuple_stream = True
        else:
            for one in [{"@": item} for item in input] if tuples is None else tuples:
                value = self.eval(expr, one["@"], self.frame_of(environment, one))
                if value is not None:
                    self._bind(expr, one, value, result)
        return result if expr.stages is None else self.evaluate_stages(expr.stages, result, environment)

    def _bind(self, expr: Any, one: dict[str, Any], value: Any, result: Any) -> None:
        values = value if isinstance(value, list) else [value]
        is_tuple = isinstance(value, Items) and value.tuple_stream
        for place, item in enumerate(values):
            self.meter.work()
            self.meter.make_object(len(one) + 2)
            bound = dict(one)
            if is_tuple:
                bound.update(item)
            else:
                bound["@"] = item
                if expr.focus is not None:
                    bound[expr.focus], bound["@"] = item, one["@"]
                if expr.index is not None:
                    bound[expr.index] = place
                if expr.ancestor is not None:
                    bound[expr.ancestor.label] = one["@"]
            result.append(bound)

    def evaluate_stages(self, stages: Any, input: Any, environment: Any) -> Any:
        """Filters and positions behind a step that binds names."""
        for stage in stages:
            if stage.type == "filter":
                input = self.evaluate_filter(stage.expr, input, environment)
            elif stage.type == "index":
                self.meter.work(len(input))
                for place, one in enumerate(input):
                    one[str(stage.value)] = place
        return input

    def evaluate_filter(self, predicate: Any, input: Any, environment: Any) -> Any:
        """The items for which the predicate is true, or which are at the places that it gives."""
        is_tuple = isinstance(input, Items) and input.tuple_stream
        items = [] if input is None else input if isinstance(input, list) else [input]
        results = sequence_of()
        results.tuple_stream = is_tuple
        if predicate.type == "number":
            return self._at(items, int(predicate.value), results)
        for place, item in enumerate(items):
            frame = self.frame_of(environment, item) if is_tuple else environment
            value = self.eval(predicate, item["@"] if is_tuple else item, frame)
            if self._keeps(value, place, len(items)):
                self.meter.make(8)
                results.append(item)
        return results

    @staticmethod
    def _at(items: Any, place: int, results: Any) -> Any:
        place = place if place >= 0 else len(items) + place
        if 0 <= place < len(items):
            item = NULL if items[place] is None else items[place]
            if isinstance(item, list):
                return item
            results.append(item)
        return results

    def _keeps(self, value: Any, place: int, length: int) -> bool:
        if is_number(value):
            value = [value]
        if isinstance(value, list):
            self.meter.work(len(value))
            if value and all(map(is_number, value)):
                return any(int(number // 1) + (length if number < 0 else 0) == place for number in value)
        return truth(value, self.meter)

    def evaluate_name(self, expr: Any, input: Any, _environment: Any) -> Any:
        """The value under a key, of each item where there are several."""
        return self.look_up(input, expr.value)

    def look_up(self, value: Any, name: str) -> Any:
        """The value under a key; of a list those of its items, flattened by one level."""
        if isinstance(value, dict):
            return taken(value[name], self.meter) if name in value else None
        if not isinstance(value, list):
            return None
        found = sequence_of()
        self.meter.work(len(value))
        for item in value:
            self.append(found, self.look_up(item, name))
        return found

    def evaluate_wildcard(self, _expr: Any, input: Any, _environment: Any) -> Any:
        """`*`: all values of an object, all items of a list."""
        if isinstance(input, Items) and input.outer_wrapper and input:
            input = input[0]
        found = sequence_of()
        values = input.values() if isinstance(input, dict) else input if isinstance(input, list) else ()
        for value in values:
            each_nested(NULL if value is None else value, self.meter, found.append)
        return found

    def evaluate_descendants(self, _expr: Any, input: Any, _environment: Any) -> Any:
        """`**`: the value, and all that is in it."""
        if input is None:
            return None
        found = sequence_of()
        self._descend(input, found)
        return found[0] if len(found) == 1 else found

    def _descend(self, value: Any, found: Any) -> None:
        self.meter.work()
        if isinstance(value, list):
            for item in value:
                self._descend(item, found)
            return
        self.meter.make(8)
        found.append(NULL if value is None else value)
        if isinstance(value, dict):
            for item in value.values():
                self._descend(item, found)

    def evaluate_sort_expression(self, expr: Any, input: Any, environment: Any) -> Any:
        """`^(...)`: the items in the order of its terms."""
        if len(input) <= 1:
            return input
        is_tuple = isinstance(input, Items) and input.tuple_stream
        self.meter.make_list(len(input))

        def compare(one: Any, other: Any) -> int:
            for term in expr.terms:
                values = [
                    self.eval(
                        term.expression,
                        item["@"] if is_tuple else item,
                        self.frame_of(environment, item) if is_tuple else environment,
                    )
                    for item in (one, other)
                ]
                order = _order(*values)
                if order:
                    return -order if term.descending and None not in values else order
            return 0

        result = sequence_of(sorted(input, key=functools.cmp_to_key(compare)))
        result.tuple_stream = is_tuple
        return result


def _is_one_key(expr: Any) -> bool:
    if len(expr.steps) != 1 or expr.keep_singleton_array or expr.group is not None or expr.tuple is not None:
        return False
    step = expr.steps[0]
    return step.type == "name" and step.tuple is None and step.stages is None and step.predicate is None


def _order(one: Any, other: Any) -> int:
    """How two terms of a sort compare; nothing comes last."""
    if one is None or other is None:
        return (one is None) - (other is None)
    for value in (one, other):
        if not isinstance(value, str) and not is_number(value):
            raise Fault(f"^(...) sorts by numbers or texts, not by {kind_of(value)}")
    if isinstance(one, str) != isinstance(other, str):
        raise Fault("^(...) can't sort numbers and texts together")
    return int(one > other) - int(one < other)
