"""Checks an argument against the tables of keys, names every problem with its path, and builds the plan."""

from collections.abc import Callable, Mapping

from sequence.json_values import MISSING, Json, as_text, kind_of, wire
from sequence.language import keys, paths
from sequence.language.blocks import Blocks
from sequence.language.expressions import OPENING, expression_length, is_expression
from sequence.language.filters import Group, Truth, compile_filter, compile_operand
from sequence.language.keys import Key
from sequence.language.pages import compile_pages
from sequence.language.plain_values import PROBLEMS_MOST, WHOLE, plain_value
from sequence.language.plan import OUTSIDE, BlockPlan, Frame, LoopPlan, PagesPlan, SequencePlan, Start, StepPlan
from sequence.language.save_keys import save_key
from sequence.language.strays import unknown_key
from sequence.language.templates import TemplateNode, compile_template, reads
from sequence.problems import Problem
from sequence.settings import SequenceLimits


def check(
    argument: object, limits: SequenceLimits | None = None, other_blocks: Callable[[], list[str]] = list
) -> list[Problem]:
    """The problems of the argument, each with the path of its key; empty when it can run. Sends nothing.

    Of many problems the first PROBLEMS_MOST. `other_blocks`: the names that could be meant beside those of its own blocks.
    """
    return make_plan(argument, limits or SequenceLimits(), other_blocks)[1]


def make_plan(
    argument: object, limits: SequenceLimits, other_blocks: Callable[[], list[str]] = list
) -> tuple[SequencePlan | None, list[Problem]]:
    """The plan of the argument, or None and its problems. The plan shares nothing with the argument."""
    copy, problems = plain_value(argument, limits.depth)
    if not problems:
        problems = _too_much(copy, limits)
    if problems:
        return None, problems
    walk = _Walk(limits, other_blocks=other_blocks)
    try:
        plan = walk.argument(copy)
    except _Enough:
        plan = None
    return (None if walk.problems else plan), walk.problems


def _too_much(copy: Json, limits: SequenceLimits) -> list[Problem]:
    text = wire(copy)
    if text.count("{{") > limits.references:
        return [Problem(WHOLE, f"has more than {limits.references} {{{{; the limit is the setting references")]
    if OPENING in text and (length := expression_length(copy)) > limits.expression_characters:
        most = limits.expression_characters
        return [Problem(WHOLE, f"has expressions of {length} characters, {most} may be; see expression_characters")]
    return []


class _Enough(Exception):
    """So many problems were found that looking for more would only cost."""


class _Walk:
    def __init__(
        self,
        limits: SequenceLimits,
        problems: list[Problem] | None = None,
        other_blocks: Callable[[], list[str]] = list,
    ) -> None:
        self.limits = limits
        self.other_blocks = other_blocks
        self.problems: list[Problem] = [] if problems is None else problems
        self.defaults: dict[str, Json] = {}
        self.blocks = Blocks(None, "", 0, self.refuse, self.other_blocks)
        self.cookies = False
        self.adding: list[tuple[str, str]] = []
        """Saves whose value reads what they overwrite: their paths and keys."""
        self._adding_in: dict[str, list[tuple[str, str]]] = {}  # by block, its path
        self._used: list[str] = []  # blocks, by the steps so far
        self._side_by_side: list[list[str]] = []  # those used in each loop whose items run side by side

    def refuse(self, path: str, message: str) -> None:
        """Notes a problem; an empty path is the whole argument. Raises _Enough once there are many."""
        self.problems.append(Problem(path or WHOLE, message))
        if len(self.problems) >= PROBLEMS_MOST:
            raise _Enough

    def argument(self, given: Json) -> SequencePlan | None:
        """The plan of a whole argument, as far as it can be built: what is wrong is in `problems`."""
        if not isinstance(given, dict):
            self.refuse("", f'is an object such as {{"requests": [...]}}, not {kind_of(given)}')
            return None
        self._keys(given, keys.ARGUMENT, "", "argument")
        self.cookies = given.get("cookies") is True
        steps = self._sequence(given, "")
        on_error, always = (self._steps(given.get(name), name) for name in ("on_error", "finally"))
        self._finish()
        persistence = given.get("persistence")
        start = self._start(given.get("container"))
        memory = persistence if isinstance(persistence, dict) else {}
        return SequencePlan(
            memory, steps, start, on_error, always, cookies=self.cookies, timeout_s=given.get("timeout")
        )

    def _sequence(self, given: dict[str, Json], path: str) -> tuple[StepPlan, ...]:
        """The steps of a sequence, with its defaults and its blocks."""
        if isinstance(given.get("defaults"), dict):
            self.defaults = self._defaults(given["defaults"], paths.child(path, "defaults"))
        self.blocks = Blocks(
            given.get("blocks"), paths.child(path, "blocks"), self.limits.blocks, self.refuse, self.other_blocks
        )
        steps = self._steps(given.get("requests"), paths.child(path, "requests"))
        self.blocks.compile(self._block)
        return steps

    def _finish(self) -> int:
        """What can be seen only once all blocks were walked. How deep they nest."""
        for used in self._side_by_side:
            for path in self.blocks.reach(used):
                self._refuse_adding(self._adding_in.get(path, []))
        return self.blocks.measure()

    def _block(self, given: Json, path: str) -> tuple[tuple[StepPlan, ...], int]:
        """The steps of a block, and how deep its own blocks nest: a list, or a sequence with its defaults and blocks."""
        before = len(self.adding)
        found = self._block_of(given, path)
        self._adding_in[path] = self.adding[before:]
        return found

    def _block_of(self, given: Json, path: str) -> tuple[tuple[StepPlan, ...], int]:
        if isinstance(given, list):
            return self._steps(given, path), 0
        assert isinstance(given, dict)
        self._keys(given, keys.BLOCK, path, "block")
        walk = _Walk(self.limits, self.problems, self.other_blocks)
        walk.cookies = self.cookies
        steps = walk._sequence(given, path)
        self.adding += walk.adding
        return steps, walk._finish()

    def _start(self, container: Json) -> Start:
        if not isinstance(container, dict):
            return Start()
        self._keys(container, keys.CONTAINER, "container", "container")
        index = container.get("index")
        is_index = isinstance(index, (str, int, float)) and not isinstance(index, bool)
        item = container.get("parent_current", OUTSIDE.item)
        # In the original a parent_current is also what `$` is at first; a `current` of its own says it plainly.
        current = container.get("current", container.get("parent_current", MISSING))
        return Start(current, Frame(item, as_text(index) if is_index else OUTSIDE.index))

    def _defaults(self, given: dict[str, Json], path: str) -> dict[str, Json]:
        self._keys(given, keys.STEP, path, "defaults")
        for name in keys.NOT_IN_DEFAULTS:
            if given.get(name) is not None:
                self.refuse(paths.child(path, name), "belongs in a step, not in the defaults")
        self._parts(given, path)
        return {name: value for name, value in given.items() if value is not None}

    def _steps(self, given: Json, path: str) -> tuple[StepPlan, ...]:
        if not isinstance(given, list):
            return ()
        built = (self._step(step, paths.child(path, index), index) for index, step in enumerate(given))
        return tuple(step for step in built if step is not None)

    def _step(self, given: Json, path: str, index: int) -> StepPlan | None:
        if not isinstance(given, dict):
            self.refuse(path, f"a step is an object, not {kind_of(given)}")
            return None
        self._keys(given, keys.STEP, path, "step")
        step = self._merge(given)
        sends = self._sends(given, step, path)
        if not sends:
            step = {name: value for name, value in step.items() if name not in ("method", *keys.OF_REQUESTS)}
        self._bodies(step, path)
        block = self._use(step, path)
        parts = self._parts(step, path)
        raw_loop = {name: step[name] for name in keys.LOOP_NAMES if step.get(name) is not None}
        if len(raw_loop) > 1:
            self.refuse(paths.child(path, "__def_loop"), "can't be used with __def_loop__; a step has one loop")
        loop = None
        for name, value in raw_loop.items():
            loop = self._loop(value, paths.child(path, name))
        pages = self._pages(step, path)
        as_given = {**raw_loop, **{name: value for name, value in step.items() if _is_later(name, value)}}
        fields = {
            name: self._retry(value, path)
            if name == "retry"
            else compile_template(value, paths.child(path, name), self.refuse)
            for name, value in step.items()
            if name in keys.STEP and name not in as_given and name not in keys.LOOP_NAMES
        }
        return StepPlan(
            index=index,
            fields=fields,
            when=parts["when"],
            expect=parts["expect"],
            stop=parts["break"],
            until=parts["until"],
            saves=self._saves(step.get("set"), paths.child(path, "set")),
            loop=loop,
            as_given=as_given,
            sends=sends,
            block=block,
            pages=pages,
            refresh=self._refresh(step.get("retry"), paths.child(path, "retry")) if sends else None,
        )

    def _refresh(self, retry: Json, path: str) -> BlockPlan | None:
        """The block of `retry.use`."""
        name = retry.get("use") if isinstance(retry, dict) else None
        if not isinstance(name, str) or not keys.BLOCK_NAMES.fullmatch(name):
            return None
        return self.blocks.find(name, paths.child(path, "use"))

    def _retry(self, given: Json, path: str) -> Json:
        """The retry, whose `until` is looked at only when there is a response."""
        path = paths.child(path, "retry")
        if not isinstance(given, dict) or OPENING not in as_text(given.get("until")):
            return compile_template(given, path, self.refuse)
        return compile_template({name: value for name, value in given.items() if name != "until"}, path, self.refuse)

    def _saves(self, given: Json, path: str) -> tuple[tuple[Json, Json], ...]:
        if not isinstance(given, dict):
            return ()
        compiled = [
            (compile_template(name, (path, name), self.refuse), compile_template(value, (path, name), self.refuse))
            for name, value in given.items()
        ]
        written: dict[str, str] = {}
        for name, value in compiled:
            if isinstance(name, str) and reads(value, save_key(name)):
                self.adding.append((paths.child(path, name), save_key(name)))
            if isinstance(name, str) and (other := written.setdefault(save_key(name), name)) != name:
                self.refuse(paths.child(path, name), f"becomes the same key as {other}, {save_key(name)}")
        return tuple(compiled)

    def _sends(self, given: dict[str, Json], step: dict[str, Json], path: str) -> bool:
        """Whether a step has a request. Its own keys say so, where the defaults have something for every request."""
        uses, waits = given.get("use") is not None, any(given.get(name) is not None for name in keys.NOT_SENDING)
        is_whole = all(step.get(name) is not None for name in keys.SENDING)
        if given.get("method") is None and (uses or (waits and not is_whole)):
            for name in keys.OF_REQUESTS:
                if given.get(name) is not None:
                    self.refuse(paths.child(path, name), "means nothing in a step without a method")
            return False
        if uses:
            self.refuse(paths.child(path, "use"), "can't be used with method; a step sends a request or runs a block")
        for name in keys.SENDING:
            if step.get(name) is None:
                self.refuse(paths.child(path, name), f"is missing; it is {keys.STEP[name].kind.right}")
        return True

    def _use(self, step: dict[str, Json], path: str) -> BlockPlan | None:
        name = step.get("use")
        if name is None and step.get("with") is not None:
            self.refuse(paths.child(path, "with"), "means nothing without use")
        if step.get("soft") is not None and step.get("ignore_error") is not None:
            self.refuse(paths.child(path, "soft"), "can't be used with ignore_error")
        if not isinstance(name, str) or not keys.BLOCK_NAMES.fullmatch(name):
            return None
        self._used.append(name)
        return self.blocks.use(name, paths.child(path, "use"))

    def _pages(self, step: dict[str, Json], path: str) -> PagesPlan | None:
        given, at = step.get("pages"), paths.child(path, "pages")
        if not isinstance(given, dict):
            return None
        self._keys(given, keys.PAGES_KEYS, at, "pages")
        raw = next((name for name in ("text", "base64") if step.get(name) is not None), None)
        bodiless = str(step.get("method", "")).upper() in ("GET", "HEAD")
        if isinstance(given.get("next"), dict) and raw and not bodiless and given.get("into") is None:
            self.refuse(paths.child(at, "next"), f'an object can\'t be merged into {raw}; say "into": "query"')
        return compile_pages(given, at, self._filter(given, "stop", at), self.refuse)

    def _merge(self, given: dict[str, Json]) -> dict[str, Json]:
        """The step over the defaults; null counts as absent. Headers merge by name, in any case (RFC 9110, 5.1)."""
        own = {name: value for name, value in given.items() if value is not None or name == "body"}
        if not self.defaults:
            return own
        merged = self.defaults | own
        for one, other in (("soft", "ignore_error"), ("ignore_error", "soft")):
            if one in own and other not in own:
                merged.pop(other, None)
        if any(name in own for name in keys.BODIES):
            merged = {name: value for name, value in merged.items() if name not in keys.BODIES or name in own}
        headers, common = own.get("header"), self.defaults.get("header")
        if isinstance(headers, dict) and isinstance(common, dict):
            mine = {name.lower() for name in headers}
            merged["header"] = {name: value for name, value in common.items() if name.lower() not in mine} | headers
        return merged

    def _bodies(self, step: dict[str, Json], path: str) -> None:
        present = [name for name in keys.BODIES if step.get(name) is not None]
        if len(present) > 1 and present != ["form", "files"]:
            self.refuse(paths.child(path, present[1]), f"can't be used with {present[0]}; a request has one body")

    def _parts(self, step: Mapping[str, Json], path: str) -> dict[str, Group | Truth | None]:
        parts: dict[str, Group | Truth | None] = {
            name: self._filter(step, name, path) for name in ("when", "expect", "break")
        }
        self._auth(step.get("auth"), paths.child(path, "auth"))
        retry = step.get("retry")
        parts["until"] = None
        if isinstance(retry, dict):
            self._keys(retry, keys.RETRY_KEYS, paths.child(path, "retry"), "retry")
            parts["until"] = self._filter(retry, "until", paths.child(path, "retry"))
        return parts

    def _auth(self, given: Json, path: str) -> None:
        if not isinstance(given, dict):
            return
        self._keys(given, keys.AUTH_KEYS, path, "auth")
        if isinstance(given.get("oauth2"), dict):
            self._keys(given["oauth2"], keys.OAUTH2_KEYS, paths.child(path, "oauth2"), "oauth2")

    def _filter(self, owner: Mapping[str, Json], name: str, path: str) -> Group | Truth | None:
        value = owner.get(name)
        is_filter = isinstance(value, list) or is_expression(value)
        return compile_filter(value, paths.child(path, name), self.refuse) if is_filter else None

    def _loop(self, given: Json, path: str) -> LoopPlan | None:
        if not isinstance(given, dict):
            return None
        self._keys(given, keys.LOOP_KEYS, path, "loop")
        by = compile_operand(given, path, self.refuse) if isinstance(given.get("by"), str) else None
        before, used = len(self.adding), len(self._used)
        steps = self._steps(given.get("requests"), paths.child(path, "requests"))
        fields = {
            name: compile_template(given[name], paths.child(path, name), self.refuse)
            for name in ("concurrency", "limit", "tolerate", "collect")
            if given.get(name) is not None
        }
        where, until = self._filter(given, "filter", path), self._filter(given, "until", path)
        if fields.get("concurrency", 1) != 1:
            self._refuse_adding(self.adding[before:])
            self._side_by_side.append(self._used[used:])
            if until is not None:
                self.refuse(paths.child(path, "until"), "needs the items one after the other; leave concurrency out")
            if self.cookies:
                self.refuse(
                    paths.child(path, "concurrency"), "items side by side can't share cookies; leave out one of the two"
                )
        return LoopPlan(by, steps, where, until, fields) if by is not None else None

    def _refuse_adding(self, adding: list[tuple[str, str]]) -> None:
        told = {problem.path for problem in self.problems}
        for place, key in dict.fromkeys(adding):
            if place not in told:
                self.refuse(
                    place,
                    f"reads {key}, which it saves: of items side by side the last one would win; let the loop collect, "
                    "and join what it collected behind it",
                )

    def _keys(self, given: Mapping[str, Json], table: Mapping[str, Key], path: str, owner: str) -> None:
        for name, value in given.items():
            if name not in table:
                self.refuse(paths.child(path, name), unknown_key(name, table, owner))
            elif value is not None:
                self._kind(table[name], value, paths.child(path, name), owner != "argument")
        for name in keys.REQUIRED.get(owner, ()):
            if given.get(name) is None:
                self.refuse(paths.child(path, name), f"is missing; it is {table[name].kind.right}")

    def _kind(self, key: Key, value: Json, path: str, templates: bool) -> None:
        if not key.kind.test(value) and not (templates and key.kind.part == "" and _may_be_template(value, path)):
            name = path.rpartition(".")[2]
            self.refuse(path, key.kind.refusal(name, value))


def _is_later(name: str, value: Json) -> bool:
    """Whether a key's templates are resolved later than the step's: its value goes into `save_req_to` as it is given."""
    if name in ("pages", "set"):
        return value is not None
    return keys.STEP[name].kind is keys.FILTER and OPENING in as_text(value) if name in keys.STEP else False


def _may_be_template(value: Json, path: str) -> bool:
    """Whether the value is only known when the step runs; it is tested again then."""
    return isinstance(compile_template(value, path, lambda *_: None), TemplateNode)
