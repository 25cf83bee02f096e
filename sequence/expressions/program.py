"""An expression that was checked: its tree, and what of the run it reads."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sequence.expressions import functions_lists, functions_numbers, functions_ours, functions_texts
from sequence.expressions.library import Symbol
from sequence.expressions.natives import NATIVES
from sequence.expressions.parsing import BadExpression, nodes, parse
from sequence.suggestions import suggest

_DEFINE = (functions_lists, functions_numbers, functions_ours, functions_texts)  # importing them fills the table
CONTEXT: Mapping[str, str] = {
    "memory": "the persistence, `#`",
    "item": "the item of the innermost loop, `@`",
    "items": "the items of all loops, outermost first",
    "indexes": "the indexes of all loops, outermost first",
    "index": "the index of the innermost loop, `!`, as a number",
    "last": "the last response, `%`, names of headers in lower case",
    "failure": "what `on_error` and `finally` see of the error, `error`",
    "env": "`$env.NAME`: a variable of the environment that a setting allows",
    "secret": "`$secret.NAME`: the variable `SECRET_NAME`",
}
"""Name -> what it is. The checker and the docs read this table."""
REFUSED = {
    "random": "a run has to come out the same when it is resumed",
    "shuffle": "a run has to come out the same when it is resumed",
    "eval": "what is evaluated has to be checked before",
}
_SHOWN = 60
_BY_NAME = ("env", "secret")


@dataclass(frozen=True, slots=True)
class Program:
    """A checked expression. `reads`: which names of CONTEXT; `named`: of `env` and `secret` the names below them;
    `keys`: the keys of the persistence that it reads by their names; `hints`: what is allowed and hardly meant;
    `is_bare`: a path without brackets, which gives one value or a list."""

    text: str
    root: Any = field(repr=False, compare=False)
    reads: frozenset[str] = frozenset()
    named: Mapping[str, frozenset[str]] = field(default_factory=dict, compare=False)
    keys: frozenset[str] = frozenset()
    hints: tuple[str, ...] = ()
    is_bare: bool = False

    @property
    def shown(self) -> str:
        """The text in a message: on one line, and cut."""
        text = " ".join(self.text.split())
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


class _Kept:
    """The programs of the texts that were compiled last, up to so many characters in all."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._programs: OrderedDict[str, Program] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, text: str) -> Program | None:
        with self._lock:
            program = self._programs.get(text)
            if program is not None:
                self._programs.move_to_end(text)
            return program

    def put(self, text: str, program: Program) -> None:
        with self._lock:
            if text not in self._programs:
                self._programs[text] = program
                self._left -= len(text)
            while self._left < 0:
                self._left += len(self._programs.popitem(last=False)[0])


_KEPT = _Kept(100_000)


def compile_expression(text: str) -> Program:
    """The program of an expression. Raises BadExpression."""
    program = _KEPT.get(text)
    if program is None:
        program = _Reader(text).program()
        _KEPT.put(text, program)
    return program


class _Reader:
    """Looks through the tree of an expression once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root = parse(text).root
        self.nodes = list(nodes(self.root))
        self.bound = set(self._bound_names())
        self.reads: set[str] = set()
        self.named: dict[str, set[str]] = {name: set() for name in _BY_NAME}
        self.keys: set[str] = set()
        self.hints: list[str] = []

    def program(self) -> Program:
        """The program. Raises BadExpression."""
        written_out = {id(node.steps[0]): name for node in self.nodes if (name := _name_below(node)) is not None}
        for node in self.nodes:
            if node.type == "variable":
                self._read(node, written_out.get(id(node)))
            elif node.type in ("function", "partial"):
                self._look_at_call(node)
            elif node.type == "apply":
                self._look_at_chain(node)
        return Program(
            self.text,
            self.root,
            reads=frozenset(self.reads),
            named={name: frozenset(names) for name, names in self.named.items()},
            keys=frozenset(self.keys),
            hints=tuple(dict.fromkeys(self.hints)),
            is_bare=_is_bare(self.root),
        )

    def _bound_names(self) -> Iterator[str]:
        for node in self.nodes:
            if node.type == "bind":
                yield node.lhs.value
            if node.type == "lambda":
                yield from (argument.value for argument in node.arguments)
            if node.type == "index":
                yield node.value
            yield from (name for name in (node.focus, node.index) if isinstance(name, str))

    def _read(self, node: Any, name_below: str | None) -> None:
        name = node.value
        if name in _BY_NAME:
            if name_below is None or name in self.bound:
                raise self._bad(node, f"${name} is only written out with a name: ${name}.NAME")
            self.named[name].add(name_below)
            self.reads.add(name)
        elif name in ("", "$") or name in self.bound:
            return
        elif name in CONTEXT:
            self.reads.add(name)
            if name == "memory":
                self._read_memory(name_below)
        elif name in REFUSED:
            raise self._bad(node, f"${name} can't be used here: {REFUSED[name]}")
        elif name not in NATIVES:
            self.hints.append(
                f"${name} is never set, so it is nothing{_meant(name, [*self.bound, *CONTEXT, *NATIVES])}"
            )

    def _read_memory(self, key: str | None) -> None:
        if key is not None:
            self.keys.add(key)

    def _look_at_call(self, node: Any) -> None:
        called = node.procedure
        if called.type == "path" and len(called.steps) == 1 and called.steps[0].value in NATIVES:
            name = called.steps[0].value
            raise self._bad(called.steps[0], f"{name} is called without its sign, did you mean ${name}?")
        if called.type != "variable":
            return
        name = called.value
        if name not in NATIVES and name not in self.bound and name not in REFUSED:
            raise self._bad(called, f"unknown function ${name}{_meant(name, [*self.bound, *NATIVES])}")
        self._look_for_secrets(name, node.arguments)

    def _look_at_chain(self, node: Any) -> None:
        """`value ~> $name` and `value ~> $name(...)`, which are calls with the value as the first argument."""
        called = node.rhs.procedure if node.rhs.type == "function" else node.rhs
        if called.type == "variable":
            self._look_for_secrets(called.value, [node.lhs])

    def _look_for_secrets(self, name: str, arguments: list[Any]) -> None:
        function = None if name in self.bound else NATIVES.get(name)
        if function is not None and function.changes_text:
            for secret in _secrets_in(arguments):
                self.hints.append(
                    f"what ${name} makes of $secret.{secret} is not masked: a secret is known again as it is, and in "
                    "Base64, URLs and JSON"
                )

    def _bad(self, node: Any, message: str) -> BadExpression:
        return BadExpression(message, max(node.position - len(str(node.value)) - (node.type == "variable"), 0))


def _meant(name: str, known: Iterable[str]) -> str:
    return suggest(f"${name}", [f"${other}" for other in known])


def _name_below(node: Any) -> str | None:
    """Of a path that begins with a name of ours the key behind it, where that is written out."""
    if node.type != "path" or node.steps[0].type != "variable" or len(node.steps) < 2:
        return None
    first, second = node.steps[:2]
    is_plain = second.type == "name" and first.predicate is None and first.stages is None and first.focus is None
    return str(second.value) if is_plain else None


def _secrets_in(arguments: Any) -> list[str]:
    found = []
    for node in nodes(arguments):
        if isinstance(node, Symbol) and node.type == "path" and node.steps[0].value == "secret":
            found.append(_name_below(node) or "NAME")
    return found


def _is_bare(root: Any) -> bool:
    """Whether an expression is a path that may find several values, and no list is asked for."""
    if root.type != "path" or root.keep_singleton_array or root.group is not None:
        return False
    steps = root.steps[1:] if root.steps[0].type == "variable" else root.steps
    if any(step.type not in ("name", "wildcard", "descendant") for step in steps):
        return False
    stages = [stage for step in root.steps for stage in (step.stages or step.predicate or ())]
    if any(stage.type == "filter" and stage.expr.type == "number" for stage in stages):
        return False
    return len(steps) > 1 or bool(stages) or any(step.type != "name" for step in steps)
