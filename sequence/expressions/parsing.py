"""Parses expressions: once, within bounds, and told with line and column where they are wrong."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sequence.expressions.bounds import Fault
from sequence.expressions.library import JException, Parser, Symbol
from sequence.expressions.patterns import compiled

LONGEST = 10_000
"""Characters of one expression."""
_NODES_PER_CHARACTER = 8
_EXACT = 2**53
_LARGE = 10**21  # from here on a whole number is written with an exponent
_HALF = re.compile("[\ud800-\udfff]")
_WHOLE = re.compile(r"(?<![\d.])\d{16,400}\Z")
_OPTIONAL_MOST = 4  # arguments of a function's signature that may be left out: each doubles the ways to read a call


class BadExpression(Exception):
    """A text that is no expression. `at`: where in it, from 0."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


@dataclass(frozen=True, slots=True)
class Tree:
    """A parsed expression; evaluations share it."""

    root: Any


class _Either(Parser.Infix):  # type: ignore[misc]
    """`?:` and `??`. The library has its left side twice in the tree, changes it twice then, and makes 5 of `-5 ?: 1`."""

    def __init__(self, parser: Any, sign: str, strength: int) -> None:
        super().__init__(parser, sign, strength)
        self.parser = parser

    def led(self, left: Any) -> Any:
        """A node of the two sides."""
        self.type = "binary"
        self.lhs = left
        self.rhs = self.parser.expression(0)
        return self


class _Parser(Parser):  # type: ignore[misc]
    """The library's parser with an end, should it process a part of an expression again and again."""

    def __init__(self) -> None:
        super().__init__()
        for sign in ("?:", "??"):
            strength = self.symbol_table.pop(sign).lbp
            self.register(_Either(self, sign, strength))

    def parse(self, text: str, regex_engine: Any = compiled) -> Any:
        """See the library."""
        self.errors: list[Any] = []
        self.ancestry: list[Any] = []
        self.ancestor_label = self.ancestor_index = 0
        self.left = 1000 + _NODES_PER_CHARACTER * len(text)
        return super().parse(text, regex_engine)

    def process_ast(self, expr: Any) -> Any:
        """See the library."""
        self.left -= 1
        if self.left < 0:
            raise Fault("it is too complicated")
        return super().process_ast(expr)


_OF_THREAD = threading.local()


def parse(text: str) -> Tree:
    """Parses an expression. Raises BadExpression."""
    if not text.strip():
        raise BadExpression("an expression is missing", 0)
    if len(text) > LONGEST:
        raise BadExpression(f"an expression has at most {LONGEST} characters, this one has {len(text)}", LONGEST)
    if not hasattr(_OF_THREAD, "parser"):
        _OF_THREAD.parser = _Parser()
    parser = _OF_THREAD.parser
    try:
        root = parser.parse(text)
        for node in nodes(root):
            _check_signature(node)
            _keep_digits(node, text)
            _pair(node)
            _slim(node)
    except JException as error:
        raise BadExpression(message_of(error), _start_of(text, error)) from None
    except RecursionError:
        raise BadExpression("it is nested too deep, or has too many parts in one row", 0) from None
    except Fault as fault:
        raise BadExpression(str(fault), _reached(parser, text)) from None
    except Exception:  # the library's own slips on texts that it can't read
        raise BadExpression("it can't be read here", _reached(parser, text)) from None
    return Tree(root)


def _reached(parser: Any, text: str) -> int:
    return max(min(int(parser.lexer.position), len(text)) - 1, 0)


def _start_of(text: str, error: Any) -> int:
    """Where the token begins that an error is about: the library tells where it ends."""
    at = max(min(int(error.location), len(text)), 0)
    for token in (error.current, error.expected):
        if isinstance(token, str) and token and text[max(at - len(token), 0) : at] == token:
            return at - len(token)
    return at


def message_of(error: Any) -> str:
    """The library's text of an error, with its names put right."""
    text = str(error) or type(error).__name__
    return text.replace(" of Object ", " of function $").replace(
        "match Object signature", "match what the function takes"
    )


def nodes(root: Any) -> Iterator[Any]:
    """All nodes of a tree, each once."""
    seen: set[int] = set()
    left = [root]
    while left:
        node = left.pop()
        if isinstance(node, list):
            left.extend(node)
        elif isinstance(node, Symbol) and id(node) not in seen:
            seen.add(id(node))
            yield node
            left.extend(value for value in vars(node).values() if isinstance(value, (list, Symbol)))


def _check_signature(node: Any) -> None:
    signature = node.signature
    if signature is None:
        return
    optional = sum(param.regex.count("?") for param in signature._params)
    repeated = sum(param.regex.count("+") for param in signature._params)
    if optional > _OPTIONAL_MOST or repeated > 1:
        raise Fault(f"a function's signature has at most {_OPTIONAL_MOST} optional arguments, and one that repeats")


def _keep_digits(node: Any, text: str) -> None:
    """A whole number that is written out keeps its digits: the library reads it as a double."""
    if node.type != "number" or not isinstance(node.value, int) or abs(node.value) < _EXACT:
        return
    written = _WHOLE.search(text, max(node.position - 401, 0), node.position)
    if written is not None and float(written[0]) == abs(node.value):
        node.value = int(written[0]) * (1 if node.value > 0 else -1)
    elif abs(node.value) >= _LARGE:
        node.value = float(node.value)


def _pair(node: Any) -> None:
    """Two escapes of a character beyond U+FFFF are that one character. Raises Fault for half of one."""
    if isinstance(node.value, str) and _HALF.search(node.value):
        try:
            node.value = node.value.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise Fault("half of a pair of escapes (\\uD800 to \\uDFFF) is no character") from None


def _slim(node: Any) -> None:
    """Drops what a node does not have: the library gives each of them fifty attributes."""
    kept = {name: value for name, value in vars(node).items() if name not in _DEFAULTS or value is not _DEFAULTS[name]}
    node.__dict__ = kept


_DEFAULTS = {
    name: value
    for name, value in vars(Symbol(None)).items()
    if (value is None or value is False) and name != "_outer_instance"
}
for _name, _value in _DEFAULTS.items():
    setattr(Symbol, _name, _value)


@lru_cache(maxsize=1024)
def trampoline(name: str, count: int) -> Any:
    """The tree of a function that calls a function of ours with as many arguments as it gets."""
    names = ", ".join(f"$a{place}" for place in range(count))
    return parse(f"function({names}){{ ${name}({names}) }}").root
