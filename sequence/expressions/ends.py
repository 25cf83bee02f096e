"""Finds where an expression ends within a text: the first `}}` outside of its own texts, names, regexes, comments and
open brackets."""

import re

# Possessive; what is not closed goes on to the end: nothing is looked at again from each of its characters.
_TOKEN = re.compile(
    r"""(?P<blank>\s++|/\*.*?\*/)|(?P<operand>"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'|`[^`]*`|[\w$]++)"""
    r"""|(?P<unclosed>["'`].*+|/\*.*+)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<either>\*\*|[*%])|(?P<sign>.)""",
    re.DOTALL,
)
_WORDS = ("and", "or", "in")  # operators that look like names
_REGEX_PIECE = re.compile(r"\\.|[()\[\]{}/]", re.DOTALL)


def end_of_expression(text: str, at: int) -> int:
    """Where the `}}` stands that ends the expression which begins at `at`; -1 when there is none."""
    depth, wants_operand = 0, True
    while at < len(text):
        if depth == 0 and text.startswith("}}", at):
            return at
        found = _TOKEN.match(text, at)
        assert found is not None
        kind, at = found.lastgroup, found.end()
        if kind == "blank":
            continue
        if kind == "open":
            depth, wants_operand = depth + 1, True
        elif kind == "close":
            depth, wants_operand = max(depth - 1, 0), False
        elif kind == "operand":
            wants_operand = wants_operand is False and found[0] in _WORDS
        elif kind == "either":
            wants_operand = not wants_operand  # a wildcard where a value is wanted, else an operator
        elif found[0] == "/" and wants_operand:
            at = _end_of_regex(text, at)
            wants_operand = False
        else:
            wants_operand = True
    return -1


def _end_of_regex(text: str, at: int) -> int:
    """Behind the `/` that closes a regex, as JSONata finds it: the first that is not escaped or within brackets."""
    depth = 0
    for piece in _REGEX_PIECE.finditer(text, at):
        sign = piece[0]
        if sign in ("(", "[", "{"):
            depth += 1
        elif sign in (")", "]", "}"):
            depth -= 1
        elif sign == "/" and depth == 0:
            return piece.end()
    return len(text)
