"""Functions on lists and objects, and those that take functions."""

import functools
from typing import Any

from sequence.expressions.bounds import Fault
from sequence.expressions.library import NULL, Items, is_function, is_lambda, sequence_of
from sequence.expressions.natives import Machine, Native, native
from sequence.expressions.values import clone, identity, is_number, kind_of, taken, truth


@native("count", "<a:n>")
def count(_: Machine, values: Any) -> Any:
    """How many items a list has."""
    return 0 if values is None else len(values)


@native("append", "<xx:a>")
def append(machine: Machine, one: Any, other: Any) -> Any:
    """Two lists, or single values, as one list."""
    if one is None or other is None:
        return one if other is None else other
    lists = [value if isinstance(value, list) else [value] for value in (one, other)]
    machine.meter.make_list(sum(map(len, lists)))
    made = Items(lists[0])
    made.extend(lists[1])
    made.sequence = not isinstance(one, list)
    return made


@native("exists", "<x:b>")
def exists(_: Machine, value: Any) -> bool:
    """Whether there is such a value, null too."""
    return value is not None


@native("boolean", "<x-:b>")
def boolean(machine: Machine, value: Any) -> Any:
    """Whether a value counts as true."""
    return None if value is None else truth(value, machine.meter)


@native("not", "<x-:b>")
def not_(machine: Machine, value: Any) -> Any:
    """Whether a value counts as false."""
    return None if value is None else not truth(value, machine.meter)


@native("type", "<x:s>")
def type_(_: Machine, value: Any) -> Any:
    """The name of a value's type."""
    if value is None:
        return None
    if value is NULL:
        return "null"
    names = {"a list": "array", "an object": "object", "a text": "string", "true or false": "boolean"}
    return names.get(kind_of(value), "number" if is_number(value) else "function")


@native("keys", "<x-:a<s>>")
def keys(machine: Machine, value: Any) -> Any:
    """The keys of an object, of all objects of a list."""
    found: dict[str, None] = {}
    _add_keys(machine, value, found)
    return sequence_of(found)


def _add_keys(machine: Machine, value: Any, found: dict[str, None]) -> None:
    machine.meter.work()
    if isinstance(value, list):
        for item in value:
            _add_keys(machine, item, found)
    elif isinstance(value, dict):
        machine.meter.make_object(len(value))
        found.update(dict.fromkeys(value))


@native("lookup", "<x-s:x>")
def lookup(machine: Machine, value: Any, name: Any) -> Any:
    """The value under a key, of each object of a list."""
    if not isinstance(name, str):
        raise Fault(f"$lookup needs a text as the key, not {kind_of(name)}")
    return machine.look_up(value, name)


@native("spread", "<x-:a<o>>")
def spread(machine: Machine, value: Any) -> Any:
    """An object with several keys as a list of objects with one each."""
    if not isinstance(value, (list, dict)):
        return value
    made = sequence_of()
    for item in value if isinstance(value, list) else [value]:
        inner = spread(machine, item) if isinstance(item, list) else item
        rows = [{name: taken(row, machine.meter)} for name, row in item.items()] if isinstance(item, dict) else inner
        rows = rows if isinstance(rows, list) else [rows]
        machine.meter.work(len(rows))
        machine.meter.make(300 * len(rows))
        made.extend(rows)
    return made


@native("merge", "<a<o>:o>")
def merge(machine: Machine, objects: Any) -> Any:
    """The objects of a list as one; later ones win."""
    if objects is None:
        return None
    made: dict[str, Any] = {}
    for one in objects:
        if not isinstance(one, dict):
            raise Fault(f"$merge needs objects, not {kind_of(one)}")
        machine.meter.make_object(len(one))
        made.update(one)
    return made


@native("reverse", "<a:a>")
def reverse(machine: Machine, values: Any) -> Any:
    """The items from the last to the first."""
    if values is None or len(values) <= 1:
        return values
    machine.meter.make_list(len(values))
    return values[::-1]


@native("zip", "<a+>")
def zip_(machine: Machine, *lists: Any) -> list[Any]:
    """The first items of some lists together, the second ones, and so on."""
    if any(one is None for one in lists):
        return []
    length = min(map(len, lists), default=0)
    machine.meter.work(length)
    machine.meter.make((64 + 8 * len(lists)) * length)
    return [list(row) for row in zip(*lists, strict=False)]


@native("distinct", "<x:x>")
def distinct(machine: Machine, values: Any) -> Any:
    """The items without those that are equal to an earlier one."""
    if not isinstance(values, list) or len(values) <= 1:
        return values
    machine.meter.make_list(4 * len(values))
    seen: dict[Any, Any] = {}
    for item in values:
        seen.setdefault(identity(item, machine.meter), item)
    return sequence_of(seen.values()) if isinstance(values, Items) else list(seen.values())


@native("clone", "<(oa)-:o>")
def clone_(machine: Machine, value: Any) -> Any:
    """A copy."""
    return None if value is None else clone(value, machine.meter)


@native("error", "<s?:x>")
def error(_: Machine, message: Any) -> None:
    """Ends with this error."""
    raise Fault(message if isinstance(message, str) else "$error was called")


@native("assert", "<bs?:x>")
def assert_(_: Machine, condition: Any, message: Any) -> None:
    """Ends with an error unless the condition is true."""
    if condition is not True:
        raise Fault(message if isinstance(message, str) else "$assert does not hold")


def _arity(function: Any) -> int:
    if is_lambda(function):
        return len(function.arguments)
    if isinstance(function, Native):
        return int(function.signature.get_min_number_of_args())
    return 1


def _each(machine: Machine, function: Any, *arguments: Any) -> Any:
    """Calls a function with as many of the arguments as it takes, at least the first."""
    if not is_function(function):
        raise Fault("a function is needed here")
    machine.meter.work()
    return machine.call(function, list(arguments[: max(_arity(function), 1)]))


def _items(values: list[Any]) -> Any:
    return enumerate(NULL if item is None else item for item in values)


@native("map", "<af>")
def map_(machine: Machine, values: Any, function: Any) -> Any:
    """What a function makes of each item."""
    if values is None:
        return None
    made = sequence_of()
    for place, item in _items(values):
        result = _each(machine, function, item, place, values)
        if result is not None:
            machine.meter.make(8)
            made.append(result)
    return made


@native("filter", "<af>")
def filter_(machine: Machine, values: Any, function: Any) -> Any:
    """The items for which a function is true."""
    if values is None:
        return None
    made = sequence_of()
    for place, item in _items(values):
        if truth(_each(machine, function, item, place, values), machine.meter):
            machine.meter.make(8)
            made.append(item)
    return made


@native("single", "<af?>")
def single(machine: Machine, values: Any, function: Any) -> Any:
    """The one item for which a function is true; more or none is an error."""
    if values is None:
        return None
    found = [
        item
        for place, item in _items(values)
        if function is None or truth(_each(machine, function, item, place, values), machine.meter)
    ]
    if len(found) != 1:
        raise Fault(f"$single found {len(found)} items instead of one")
    return found[0]


@native("reduce", "<afj?:j>")
def reduce(machine: Machine, values: Any, function: Any, start: Any) -> Any:
    """One value of all items: a function of the value so far and the next item, again and again."""
    if values is None:
        return None
    if _arity(function) < 2:
        raise Fault("$reduce needs a function of at least two arguments")
    result, begin = (values[0], 1) if start is None and values else (start, 0)
    for place in range(begin, len(values)):
        result = _each(machine, function, result, NULL if values[place] is None else values[place], place, values)
    return result


@native("each", "<o-f:a>")
def each(machine: Machine, value: Any, function: Any) -> Any:
    """What a function makes of each value and key of an object."""
    if value is None:
        return None
    made = sequence_of()
    for name, item in value.items():
        result = _each(machine, function, taken(item, machine.meter), name, value)
        if result is not None:
            machine.meter.make(8)
            made.append(result)
    return made


@native("sift", "<o-f?:o>")
def sift(machine: Machine, value: Any, function: Any) -> Any:
    """The keys of an object for which a function of value and key is true."""
    if value is None:
        return None
    made = {}
    for name, item in value.items():
        if truth(_each(machine, function, taken(item, machine.meter), name, value), machine.meter):
            machine.meter.make(64)
            made[name] = item
    return made or None


@native("sort", "<af?:a>")
def sort(machine: Machine, values: Any, function: Any) -> Any:
    """The items in order; a function of two says whether they have to change places."""
    if values is None or len(values) <= 1:
        return values
    machine.meter.make_list(len(values))
    if function is None:
        if not all(map(is_number, values)) and not all(isinstance(item, str) for item in values):
            raise Fault("$sort without a function sorts a list of numbers or a list of texts")
        machine.meter.work(len(values))
        return sorted(values)

    def compare(later: Any, earlier: Any) -> int:
        # sorted() asks only whether a later item is less than an earlier one. So items that are equal stay in their order.
        result = _each(machine, function, earlier, later)
        is_wrong = result > 0 if is_number(result) else truth(result, machine.meter)
        return -1 if is_wrong else 0

    return sorted(values, key=functools.cmp_to_key(compare))
