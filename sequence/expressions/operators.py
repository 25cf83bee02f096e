"""Operators and constructors of expressions, each counted before it makes anything."""

import math
import operator
from typing import Any

from sequence.expressions.bounds import Fault
from sequence.expressions.library import NULL, Items, sequence_of
from sequence.expressions.natives import Machine
from sequence.expressions.values import double, is_number, kind_of, number, same, text_of, truth

_COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


class Operators(Machine):
    """The part of the evaluator that works on values which are there already."""

    def eval(self, expr: Any, input: Any, environment: Any) -> Any:
        """The value of one node."""
        raise NotImplementedError

    def evaluate_binary(self, expr: Any, input: Any, environment: Any) -> Any:
        """Two values with an operator between them; of "and", "or", "?:" and "??" the right one only if it matters."""
        sign = expr.value
        left = self.eval(expr.lhs, input, environment)
        if sign in ("and", "or"):
            if truth(left, self.meter) == (sign == "or"):
                return sign == "or"
            return truth(self.eval(expr.rhs, input, environment), self.meter)
        if sign in ("?:", "??"):
            is_left = left is not None if sign == "??" else truth(left, self.meter)
            return left if is_left else self.eval(expr.rhs, input, environment)
        right = self.eval(expr.rhs, input, environment)
        if sign in ("=", "!="):
            return left is not None and right is not None and same(left, right, self.meter) == (sign == "=")
        if sign in _COMPARE:
            return self._compare(sign, left, right)
        if sign == "&":
            texts = [text_of(value, self.meter) for value in (left, right) if value is not None]
            self.meter.make(sum(map(len, texts)))
            return "".join(texts)
        if sign == "..":
            return self._range(left, right)
        if sign == "in":
            return self._contains(right, left)
        return self._arithmetic(sign, left, right)

    def _compare(self, sign: str, left: Any, right: Any) -> bool | None:
        for value in (left, right):
            if value is not None and not isinstance(value, str) and not is_number(value):
                raise Fault(f"{sign} compares numbers or texts, not {kind_of(value)}")
        if left is None or right is None:
            return None
        if isinstance(left, str) != isinstance(right, str):
            raise Fault(f"{sign} compares two numbers or two texts, not {kind_of(left)} with {kind_of(right)}")
        if isinstance(left, str):
            self.meter.walk(min(len(left), len(right)))
        return bool(_COMPARE[sign](left, right))

    def _contains(self, whole: Any, part: Any) -> bool:
        if whole is None or part is None:
            return False
        return any(same(item, part, self.meter) for item in (whole if isinstance(whole, list) else [whole]))

    def _arithmetic(self, sign: str, left: Any, right: Any) -> Any:
        for value in (left, right):
            if value is not None and not is_number(value):
                raise Fault(f"{sign} needs numbers, not {kind_of(value)}")
        if left is None or right is None:
            return None
        one, other = double(left), double(right)
        try:
            match sign:
                case "+":
                    return number(one + other)
                case "-":
                    return number(one - other)
                case "*":
                    return number(one * other)
                case "/":
                    return number(one / other)
                case "%":
                    return number(math.fmod(one, other))
        except (ZeroDivisionError, ValueError):
            raise Fault(f"{left} {sign} {right}: a number is out of range") from None
        raise Fault(f"{sign} is no operator")

    def _range(self, left: Any, right: Any) -> Any:
        for value in (left, right):
            if value is not None and (not is_number(value) or int(value) != value):
                raise Fault(f"[a..b] needs whole numbers, not {value if is_number(value) else kind_of(value)}")
        if left is None or right is None or left > right:
            return None
        length = int(right) - int(left) + 1
        self.meter.make(40 * length)
        self.meter.work(length >> 4)
        return Items(range(int(left), int(right) + 1))

    def evaluate_unary(self, expr: Any, input: Any, environment: Any) -> Any:
        """A sign before a number, a list or an object that is written out."""
        if expr.value == "[":
            return self._list(expr, input, environment)
        if expr.value == "{":
            return self.evaluate_group_expression(expr, input, environment)
        value = self.eval(expr.expression, input, environment)
        if value is None:
            return None
        if not is_number(value):
            raise Fault(f"- needs a number, not {kind_of(value)}")
        return number(-double(value))

    def _list(self, expr: Any, input: Any, environment: Any) -> Any:
        made = Items()
        for item in expr.expressions:
            value = self.eval(item, input, environment)
            if value is None:
                continue
            if item.value != "[" and isinstance(value, list):
                self.meter.make_list(len(value))
                made.extend(value)
            else:
                self.meter.make(8)
                made.append(value)
        made.cons = bool(expr.consarray)
        return made

    def evaluate_group_expression(self, expr: Any, input: Any, environment: Any) -> Any:
        """An object that is written out: for each key that its items give, the value over the items which gave it."""
        is_tuple = isinstance(input, Items) and input.tuple_stream
        items = input if isinstance(input, list) else [input]
        groups: dict[str, _Group] = {}
        for item in items or [None]:
            frame = self.frame_of(environment, item) if is_tuple else environment
            for place, (name, _) in enumerate(expr.lhs_object):
                key = self.eval(name, item["@"] if is_tuple else item, frame)
                if key is None:
                    continue
                if not isinstance(key, str):
                    raise Fault(f"a key of an object is a text, not {kind_of(key)}")
                group = groups.setdefault(key, _Group(place))
                if group.place != place:
                    raise Fault(f"two keys of an object become the same, {key[:60]}")
                self.meter.make(16)
                group.items.append(item)
        made = {}
        for key, group in groups.items():
            context, frame = self._context_of(group, environment, is_tuple=is_tuple)
            value = self.eval(expr.lhs_object[group.place][1], context, frame)
            if value is not None:
                self.meter.make(64 + len(key))
                made[key] = value
        return made

    def _context_of(self, group: "_Group", environment: Any, *, is_tuple: bool) -> tuple[Any, Any]:
        if is_tuple:
            merged = self._merge_tuples(group.items)
            return merged.pop("@", None), self.frame_of(environment, merged)
        return self._joined(group.items), environment

    def _joined(self, items: list[Any]) -> Any:
        """The items of a group as JSONata appends them: one is itself, of several lists their items."""
        if len(items) == 1:
            return items[0]
        joined = sequence_of()
        for item in items:
            self.append(joined, item)
        return joined

    def append(self, found: Any, value: Any) -> None:
        """Append a value to a sequence, of a list its items; nothing for none."""
        if isinstance(value, list):
            self.meter.make_list(len(value))
            found.extend(value)
        elif value is not None:
            self.meter.make(8)
            found.append(value)

    def _merge_tuples(self, tuples: list[dict[str, Any]]) -> dict[str, Any]:
        names = dict.fromkeys(name for one in tuples for name in one)
        self.meter.work(len(names) * len(tuples))
        return {name: self._joined([one[name] for one in tuples if name in one]) for name in names}

    def frame_of(self, environment: Any, names: Any) -> Any:
        """A frame with these names."""
        raise NotImplementedError

    def evaluate_literal(self, expr: Any, _input: Any, _environment: Any) -> Any:
        """A text, a number, true, false or null."""
        return NULL if expr.value is None else expr.value


class _Group:
    """The items that gave one key of an object, and which of the written keys it was."""

    __slots__ = ("items", "place")

    def __init__(self, place: int) -> None:
        self.place = place
        self.items: list[Any] = []
