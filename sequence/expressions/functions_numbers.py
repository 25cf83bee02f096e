"""Functions on numbers, and on dates and numbers as texts; pictures are bounded before they are read."""

import math
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from sequence.expressions.bounds import Fault, Reached
from sequence.expressions.library import CLOCK, DATE_S, Dates, Functions
from sequence.expressions.natives import Machine, native
from sequence.expressions.values import double, is_number, kind_of, number

PICTURE_MOST = 200
"""Characters of a picture, and of what is read by one."""
_MARKERS_MOST = 30
_WHOLE_MOST = 10**15
_ROMAN_MOST = 100_000
_NUMBER = re.compile(r"-?([0-9]+)(\.[0-9]+)?([Ee][-+]?[0-9]+)?")
_WIDTH = re.compile(r",[^\]]*")
_MARKER = re.compile(r"\[[^\]]*\]")


@native("number", "<(nsb)-:n>")
def to_number(_: Machine, value: Any) -> Any:
    """A number from a text, true or false."""
    if value is None or is_number(value):
        return value
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and len(value) <= 400:
        if value[:2].lower() in ("0x", "0o", "0b"):
            try:
                return int(value, 0)
            except ValueError:
                pass
        elif found := _NUMBER.fullmatch(value):
            return int(value) if found[2] is None and found[3] is None else number(float(value))
    raise Fault(f"$number can't make a number of {repr(value)[:60] if isinstance(value, str) else kind_of(value)}")


def _given(value: Any, name: str) -> Any:
    if not is_number(value):
        raise Fault(f"${name} needs a number, not {kind_of(value)}")
    return value


@native("floor", "<n-:n>")
def floor(_: Machine, value: Any) -> Any:
    """The next whole number below."""
    return None if value is None else math.floor(_given(value, "floor"))


@native("ceil", "<n-:n>")
def ceil(_: Machine, value: Any) -> Any:
    """The next whole number above."""
    return None if value is None else math.ceil(_given(value, "ceil"))


@native("round", "<n-n?:n>")
def round_(_: Machine, value: Any, digits: Any) -> Any:
    """A number with so many digits behind the point; halves go to the even one."""
    if value is None or (isinstance(_given(value, "round"), int) and (digits is None or digits >= 0)):
        return value
    places = 0 if digits is None else int(digits)
    if abs(places) > 400:
        raise Fault("$round: at most 400 digits")
    try:
        return number(float(round(Decimal(str(value)), places)))
    except (InvalidOperation, OverflowError):
        return value


@native("abs", "<n-:n>")
def absolute(_: Machine, value: Any) -> Any:
    """A number without its sign."""
    return None if value is None else abs(_given(value, "abs"))


@native("sqrt", "<n-:n>")
def square_root(_: Machine, value: Any) -> Any:
    """The square root."""
    if value is None:
        return None
    if _given(value, "sqrt") < 0:
        raise Fault("$sqrt needs a number of 0 or more")
    return math.sqrt(double(value))


@native("power", "<n-n:n>")
def power(_: Machine, base: Any, exponent: Any) -> Any:
    """A number to the power of another."""
    if base is None:
        return None
    try:
        result = double(_given(base, "power")) ** double(_given(exponent, "power"))
    except (OverflowError, ZeroDivisionError):
        result = math.inf
    if isinstance(result, complex) or not math.isfinite(result):
        raise Fault(f"$power({base}, {exponent}) is no number of JSON")
    return result


def _picture(text: Any, name: str) -> str:
    if not isinstance(text, str) or not text or len(text) > PICTURE_MOST:
        raise Fault(f"${name} needs a picture of 1 to {PICTURE_MOST} characters")
    return text


@native("formatNumber", "<n-so?:s>")
def format_number(_: Machine, value: Any, picture: Any, options: Any) -> Any:
    """A number by a picture such as `#,##0.00`."""
    if value is None:
        return None
    for name, sign in (options or {}).items():
        if not isinstance(sign, str) or not 0 < len(sign) <= (20 if name in ("infinity", "NaN") else 1):
            raise Fault(f"$formatNumber: {str(name)[:40]} is a text of one character")
    return Functions.format_number(_within(value, 1e300, "formatNumber"), _picture(picture, "formatNumber"), options)


def _within(value: Any, most: float, name: str) -> Any:
    if not abs(_given(value, name)) <= most:
        raise Fault(f"${name}: the number is too large")
    return value


@native("formatBase", "<n-n?:s>")
def format_base(_: Machine, value: Any, radix: Any) -> Any:
    """A whole number in another base, 2 to 36."""
    if value is None:
        return None
    base = 10 if radix is None else int(radix)
    if not 2 <= base <= 36:
        raise Fault("$formatBase: the base is 2 to 36")
    whole = round(_within(value, 1e300, "formatBase"))
    digits: list[str] = []
    left = abs(whole)
    while left:
        left, digit = divmod(left, base)
        digits.append("0123456789abcdefghijklmnopqrstuvwxyz"[digit])
    return ("-" if whole < 0 else "") + ("".join(reversed(digits)) or "0")


@native("formatInteger", "<n-s:s>")
def format_integer(_: Machine, value: Any, picture: Any) -> Any:
    """A whole number by a picture such as `w` or `000`."""
    if value is None:
        return None
    picture = _picture(picture, "formatInteger")
    most = _ROMAN_MOST if picture.partition(";")[0] in ("I", "i") else _WHOLE_MOST
    return Dates.format_integer(int(_within(value, most, "formatInteger")), picture)


@native("parseInteger", "<s-s:n>", changes_text=True)
def parse_integer(_: Machine, text: Any, picture: Any) -> Any:
    """The whole number that a text writes by a picture."""
    if text is None:
        return None
    result = Dates.parse_integer(_short(text, "parseInteger"), _picture(picture, "parseInteger"))
    return _within(result, 1e300, "parseInteger")


def _short(text: Any, name: str) -> str:
    if not isinstance(text, str) or len(text) > PICTURE_MOST:
        raise Fault(f"${name} reads texts of up to {PICTURE_MOST} characters")
    return text


def _date_picture(picture: Any, name: str) -> str | None:
    """A picture of dates whose parts can't be wide, and of which no two can share what they match in many ways."""
    if picture is None:
        return None
    text = _picture(picture, name)
    if len(_MARKER.findall(text)) > _MARKERS_MOST or any(
        int(digits) > 40 for width in _WIDTH.findall(text) for digits in re.findall(r"[0-9]+", width)
    ):
        raise Fault(f"${name}: a picture has at most {_MARKERS_MOST} parts, each of up to 40 characters")
    return text


@native("toMillis", "<s-s?:n>", changes_text=True)
def to_millis(machine: Machine, text: Any, picture: Any) -> Any:
    """Milliseconds since 1970 of a moment in ISO 8601, or by a picture. A part that is left out in front is that of now."""
    if text is None:
        return None
    by = _date_picture(picture, "toMillis")
    text = _short(text, "toMillis")
    CLOCK.ask = machine.ask
    try:
        return Functions.datetime_to_millis(text, by)
    except TimeoutError:
        raise Reached(f"the picture of $toMillis took longer than {DATE_S:g} s on a text") from None
    except (ValueError, OverflowError):
        raise Fault(f"$toMillis can't read {text[:60]!r}") from None


def from_millis_text(value: Any, picture: Any, timezone: Any) -> Any:
    """A moment as a text."""
    by = _date_picture(picture, "fromMillis")
    if timezone is not None and not re.fullmatch(r"[-+]?[0-9]{4}|Z", str(timezone)):
        raise Fault("a time zone is written like +0200")
    zone = None if timezone in (None, "Z") else timezone
    try:
        return Functions.datetime_from_millis(int(_within(value, 1e15, "fromMillis")), by, zone)
    except (ValueError, OverflowError, OSError):
        raise Fault(f"$fromMillis can't write {value}") from None


@native("fromMillis", "<n-s?s?:s>")
def from_millis(_: Machine, value: Any, picture: Any, timezone: Any) -> Any:
    """A moment (milliseconds since 1970) in ISO 8601, or by a picture."""
    return None if value is None else from_millis_text(value, picture, timezone)


def _numbers(machine: Machine, values: Any, name: str) -> list[Any] | None:
    if values is None:
        return None
    machine.meter.work(len(values) >> 3)
    for value in values:
        _given(value, name)
    return list(values)


@native("sum", "<a<n>:n>")
def sum_(machine: Machine, values: Any) -> Any:
    """The sum of a list."""
    numbers = _numbers(machine, values, "sum")
    return None if numbers is None else number(sum(map(double, numbers)))


@native("max", "<a<n>:n>")
def max_(machine: Machine, values: Any) -> Any:
    """The largest number of a list."""
    numbers = _numbers(machine, values, "max")
    return max(numbers) if numbers else None


@native("min", "<a<n>:n>")
def min_(machine: Machine, values: Any) -> Any:
    """The smallest number of a list."""
    numbers = _numbers(machine, values, "min")
    return min(numbers) if numbers else None


@native("average", "<a<n>:n>")
def average(machine: Machine, values: Any) -> Any:
    """The average of a list."""
    numbers = _numbers(machine, values, "average")
    return number(sum(map(double, numbers)) / len(numbers)) if numbers else None
