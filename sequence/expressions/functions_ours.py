"""The functions that are ours: hashes, UUIDs, JSON from a text, and the time as the run's journal knows it."""

import base64
import hashlib
import hmac as hmac_library
from datetime import datetime
from typing import Any

from sequence.expressions.bounds import Fault
from sequence.expressions.functions_numbers import from_millis_text
from sequence.expressions.natives import Machine, native
from sequence.expressions.values import kind_of, taken
from sequence.json_values import parse_json, too_deep

_NAMES = {
    "MD5": hashlib.md5,
    "SHA-1": hashlib.sha1,
    "SHA-224": hashlib.sha224,
    "SHA-256": hashlib.sha256,
    "SHA-384": hashlib.sha384,
    "SHA-512": hashlib.sha512,
    "SHA3-256": hashlib.sha3_256,
    "SHA3-512": hashlib.sha3_512,
}
_ALGORITHMS = {name.replace("-", "").lower(): method for name, method in _NAMES.items()}
_PER_ITEM = {"[": 64, "{": 240, ",": 40, ":": 40}
"""About how many bytes each of these signs costs when a JSON text is read."""


def _method(name: Any) -> Any:
    found = _ALGORITHMS.get(name.lower().replace("-", "").replace("_", "")) if isinstance(name, str) else None
    if found is None:
        raise Fault(f"unknown algorithm {str(name)[:40]}; known are {', '.join(_NAMES)}")
    return found


def _content(machine: Machine, value: Any, name: str) -> bytes:
    if not isinstance(value, str):
        raise Fault(f"${name} needs texts, not {'nothing' if value is None else kind_of(value)}")
    machine.meter.make(len(value))
    machine.meter.work(len(value) >> 8)
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise Fault(f"${name}: a text has half of a surrogate pair, which UTF-8 can't write") from None


@native("hash", "<xs:s>")
def hash_(machine: Machine, text: Any, algorithm: Any) -> str:
    """The hash of a text (its UTF-8), in hexadecimal digits."""
    return str(_method(algorithm)(_content(machine, text, "hash")).hexdigest())


def _mac(machine: Machine, text: Any, key: Any, algorithm: Any, name: str) -> Any:
    return hmac_library.new(_content(machine, key, name), _content(machine, text, name), _method(algorithm))


@native("hmac", "<xxs:s>")
def hmac(machine: Machine, text: Any, key: Any, algorithm: Any) -> str:
    """The HMAC of a text with a key (RFC 2104), in hexadecimal digits."""
    return str(_mac(machine, text, key, algorithm, "hmac").hexdigest())


@native("hmac64", "<xxs:s>")
def hmac64(machine: Machine, text: Any, key: Any, algorithm: Any) -> str:
    """The same in Base64."""
    return base64.b64encode(_mac(machine, text, key, algorithm, "hmac64").digest()).decode()


@native("uuid", "<:s>")
def uuid(machine: Machine) -> str:
    """A new UUID."""
    return machine.ask("uuid")


@native("parse", "<s-:x>", changes_text=True)
def parse(machine: Machine, text: Any) -> Any:
    """The value that a JSON text writes."""
    if text is None:
        return None
    if not isinstance(text, str):
        raise Fault(f"$parse needs a text, not {kind_of(text)}")
    machine.meter.make(2 * len(text) + sum(size * text.count(sign) for sign, size in _PER_ITEM.items()))
    machine.meter.work(len(text) >> 4)
    try:
        value = parse_json(text)
    except ValueError as error:
        raise Fault(f"$parse: the text is not JSON: {error}") from None
    if too_deep(text, machine.meter.bounds.levels):
        raise Fault(f"$parse: the text is nested deeper than {machine.meter.bounds.levels} levels")
    return taken(value, machine.meter)


def _millis(machine: Machine) -> int:
    return round(datetime.fromisoformat(machine.ask("now")).timestamp() * 1000)


@native("millis", "<:n>")
def millis(machine: Machine) -> int:
    """This moment in milliseconds since 1970, the same all through a step."""
    return _millis(machine)


@native("now", "<s?s?:s>")
def now(machine: Machine, picture: Any, timezone: Any) -> Any:
    """This moment in UTC, the same all through a step, or as a picture and a time zone say."""
    if picture is None and timezone is None:
        return machine.ask("now")
    return from_millis_text(_millis(machine), picture, timezone)
