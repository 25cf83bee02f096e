"""Arguments of every sort: any JSON at all, likely ones, and small ones that run against a real server."""

from typing import Any

from hypothesis import strategies as st

from sequence.language.conditions import CONDITIONS
from sequence.language.keys import LOOP_KEYS, RETRY_KEYS, STEP

TEMPLATES = (
    "{{$}}",
    "{{#.a}}",
    "{{#.a.b}} x",
    "{{@.n}}",
    "{{!}}",
    "{{%.status}}",
    "{{#.(#.k)}}",
    "{{now}}",
    "{{uuid}}",
    "{{#}}",
    "{{#.q|[1]}}",
    "{{= $sum(rows) + 1 }}",
    "{{= $merge([$memory, {'k': $uuid()}]) }}",
    "a {{= $last.status & $now() }} b",
    "{{= $map(rows, function($r) { $r.n ? $r.n : $r & '' }) }}",
    "{{= $pad(k, 1e12) }}",
    "{{= $number(k) }}",
    "{{= $secret.X & $env.X }}",
)
_texts = st.text(max_size=12) | st.sampled_from(
    [
        *TEMPLATES,
        "a",
        "k",
        "GET",
        "POST",
        "JAC",
        "http://x/",
        "$.rows",
        "#.rows",
        "10%",
        "{{",
        "}}",
        "\ud800",
        "\x00",
        "(a|aa)+$",
    ]
)


@st.composite
def _any_text(draw: st.DrawFn) -> str:
    """One of the texts. Strategies show themselves as a whole, and this one stands in many of them."""
    return draw(_texts)


texts = _any_text()
plain = (
    st.none()
    | st.booleans()
    | st.integers(-5, 600)
    | st.floats(allow_nan=False, allow_infinity=False, width=16)
    | texts
)
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=8
)
wholes = st.sampled_from(["{{= $count(rows) > 1 }}", "{{= $.rows }}", "{{= $number('x') }}", "{{= $foo( }}", "{{= 1"])
refs = (
    wholes
    | st.sampled_from(
        ["$", "$.rows", "#.rows", "#.a", "@", "@.n", "!", "%.status", "#/a~1b", "now", "uuid", "env.X", "$.(#.k)"]
    )
    | texts
)
tests = st.fixed_dictionaries(
    {"by": refs, "condition": st.dictionaries(st.sampled_from(list(CONDITIONS)), values, max_size=2)}
)
entries = st.recursive(
    tests | values,
    lambda inner: st.builds(
        lambda kind, many: {kind: many}, st.sampled_from(["or", "and", "not"]), st.lists(inner, max_size=3)
    ),
    max_leaves=4,
)
filters = st.lists(entries, max_size=2) | wholes
retries = st.dictionaries(st.sampled_from(list(RETRY_KEYS)), values | filters, max_size=3)
required = {"method": st.sampled_from(["GET", "POST", "PUT", "jac"]) | texts, "api": st.just("http://x/") | texts}
odd = {name: values for name in STEP if name not in ("method", "api", "__def_loop__", "__def_loop")}
odd |= dict.fromkeys(("when", "expect", "break"), filters) | {"retry": retries | values}


def steps_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    loop = st.fixed_dictionaries(
        {"by": refs, "requests": st.lists(inner, max_size=2)},
        optional={
            "filter": filters,
            "concurrency": st.integers(1, 3),
            "limit": st.integers(0, 3),
            "tolerate": values,
            "until": filters,
            "collect": texts,
        },
    )
    return st.fixed_dictionaries(
        required, optional=odd | {"__def_loop__": loop | st.dictionaries(st.sampled_from(list(LOOP_KEYS)), values)}
    )


steps = st.recursive(st.fixed_dictionaries(required, optional=odd) | values, steps_of, max_leaves=4)
arguments = values | st.fixed_dictionaries(
    {"requests": st.lists(steps, max_size=3)},
    optional={
        "persistence": st.dictionaries(texts, values, max_size=4)
        | st.just({"rows": [1, 2, 3], "a": {"b": "c"}, "k": "a"}),
        "container": values,
        "defaults": st.dictionaries(st.sampled_from(list(STEP)), values, max_size=2),
        "cookies": st.booleans(),
        "timeout": values,
        "blocks": values,
        "on_error": values,
        "finally": values,
    },
)
templates = st.sampled_from(TEMPLATES)
likely_values = st.recursive(
    plain | templates,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
likely_refs = st.sampled_from(
    ["{{= [$.rows] }}", "{{= n }}", "$", "$.rows", "#.rows", "#.a", "@", "@.n", "!", "%.status", "$.(#.k)"]
)
conditions = st.dictionaries(
    st.sampled_from(["eq", "ne", "gt", "lte", "contains"]), likely_values, max_size=2
) | st.sampled_from(
    [{"regex": "{{#.k}}"}, {"regex": "(a|aa)+$"}, {"in": [1, "{{$}}"]}, {"exists": True}, {"is_null": "{{#.q}}"}]
)
likely_filters = st.lists(
    st.recursive(
        st.fixed_dictionaries({"by": likely_refs, "condition": conditions}),
        lambda inner: st.builds(
            lambda kind, many: {kind: many}, st.sampled_from(["or", "and", "not"]), st.lists(inner, max_size=2)
        ),
        max_leaves=3,
    ),
    max_size=2,
)
likely_keys = {
    "set": st.dictionaries(st.sampled_from(["a", "z", "q-{{!}}"]) | templates, likely_values, max_size=2),
    "save_to": st.sampled_from(["a", "k", "rows", "q_{{!}}", 5]),
    "save_req_to": st.sampled_from(["req", "{{#.k}}"]),
    "ignore_error": st.booleans(),
    "when": likely_filters,
    "break": likely_filters,
    "expect": likely_filters,
    "ok": st.sampled_from([404, [200, 503], [200, 401], "{{%.status}}"]),
    "timeout": st.sampled_from([1, 0.5, "{{#.q|3}}"]),
    "delay": st.sampled_from([0, 2, "{{$}}"]),
    "header": st.dictionaries(texts, likely_values, max_size=2),
    "query": st.dictionaries(texts, likely_values, max_size=2),
    "name": templates,
    "retry": st.fixed_dictionaries(
        {},
        optional={
            "attempts": st.sampled_from([1, 3, "{{$}}"]),
            "until": likely_filters,
            "rate": st.just(1000),
            "use": st.just("b"),
        },
    ),
    "auth": st.sampled_from([{"bearer": "{{#.a}}"}, {"basic": ["\ud800", "{{#.k}}"]}]),
}
bodies = st.sampled_from(["body", "form", "text", "files"]).flatmap(
    lambda name: {
        "body": likely_values.map(lambda value: {"body": value}),
        "form": st.dictionaries(texts, likely_values, max_size=2).map(lambda value: {"form": value}),
        "text": templates.map(lambda value: {"text": value}),
        "files": st.just({"files": {"a": "{{#.k}}", "b": {"base64": "{{#.k}}", "name": '\r\n"'}}}),
    }[name]
)
likely_step = st.builds(
    lambda base, body: {**base, **body},
    st.fixed_dictionaries(
        {"method": st.sampled_from(["GET", "POST", "PUT", "jac"]), "api": st.just("http://x/") | templates},
        optional=likely_keys,
    ),
    st.just({}) | bodies,
)
likely_loop = st.fixed_dictionaries(
    {"by": likely_refs, "requests": st.lists(likely_step, max_size=2)},
    optional={
        "filter": likely_filters,
        "limit": st.integers(0, 3),
        "tolerate": st.sampled_from([1, "50%", "{{$}}"]),
        "collect": st.just("all"),
        "concurrency": st.integers(1, 3),
    },
)
NEXT = ("link", "{{$.k}}", {"k": "{{$.k}}"}, {"n": "{{%.page}}"}, "{{#.q}}", {"n": "{{uuid}}"})


@st.composite
def any_step(draw: st.DrawFn) -> dict[str, Any]:
    """A step that sends, follows pages, runs a block, saves or waits; some of them are soft."""
    if draw(st.booleans()):
        step = dict(draw(likely_step))
        if draw(st.booleans()):
            step["pages"] = {"next": draw(st.sampled_from(NEXT)), "max": draw(st.sampled_from([1, 3, "{{#.q|2}}"]))}
            if draw(st.booleans()):
                step["pages"] |= {"items": draw(likely_refs), "stop": draw(likely_filters)}
    else:
        step = {name: draw(likely_keys[name]) for name in draw(st.sets(st.sampled_from(["save_to", "when", "break"])))}
        match draw(st.sampled_from(["use", "set", "delay"])):
            case "use":
                step |= {"use": "b", "with": draw(st.sampled_from([{}, {"n": "{{$}}"}, "{{#.a}}"]))}
            case "set":
                step["set"] = draw(st.dictionaries(st.sampled_from(["a", "k_{{!}}"]), likely_values, max_size=2))
            case _:
                step["delay"] = draw(st.sampled_from([0, 1, "{{#.q|2}}"]))
    if "ignore_error" not in step and draw(st.booleans()):
        step["soft"] = True
    return step


@st.composite
def likely_steps(draw: st.DrawFn) -> dict[str, Any]:
    """Any of these steps, some with a loop."""
    loop = draw(st.none() | likely_loop)
    return dict(draw(any_step())) | ({"__def_loop__": loop} if loop else {})


likely = st.fixed_dictionaries(
    {
        "requests": st.lists(likely_steps(), min_size=1, max_size=3),
        "persistence": st.just({"rows": [1, {"n": 2}, None], "a": {"b": "c"}, "k": "a"}),
    },
    optional={
        "blocks": st.fixed_dictionaries({"b": st.lists(likely_step, max_size=2)}),
        "on_error": st.lists(any_step(), max_size=2),
        "finally": st.lists(any_step(), max_size=2),
        "container": st.just({"current": {"rows": [1, 2]}}),
        "defaults": st.just({"timeout": 5, "header": {"x": "{{uuid}}"}}),
    },
)
arguments = likely | arguments
answers = st.dictionaries(
    st.sampled_from(
        ["0", "1", "0.loop[*].0", "1.loop[*].0", "0.page[*]", "0.page[0]", "0.b.0", "finally.0", "0.retry[*].b.0"]
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "status": st.sampled_from([200, 204, 401, 404, 503]),
            "body": values | st.just({"rows": [1, {"n": 2}], "k": "a"}),
        },
    ),
)
small_steps = st.lists(
    st.fixed_dictionaries(
        {
            "method": st.sampled_from(["GET", "PUT", "POST"]),
            "api": st.sampled_from(["BASE/rows", "BASE/echo", "BASE/fails"]),
        },
        optional={
            "body": st.sampled_from(
                [{"id": "{{uuid}}"}, "{{#.s0}}", "{{now}}", [1, 2], "{{= [$uuid(), $now(), $millis(), $memory.x1] }}"]
            ),
            "when": st.sampled_from(["{{= $exists($) }}", "{{= $not($memory.x1 = 'none') }}"]),
            "expect": st.sampled_from(["{{= $count($memory.x0) = 1 }}", "{{= $last.status < 400 }}"]),
            "set": st.dictionaries(
                st.sampled_from(["x0", "x1", "k_{{= $count($memory) }}"]),
                st.sampled_from(
                    ["{{= $uuid() & $now() }}", "{{= [$memory.x0, $.echo] }}", "{{%.status}}", "{{= $pad('x', 1e9) }}"]
                ),
                max_size=3,
            ),
            "ignore_error": st.just(True),
            "retry": st.just({"attempts": 2, "wait": 0}),
            "__def_loop__": st.fixed_dictionaries(
                {
                    "by": st.just("$.rows"),
                    "requests": st.just(
                        [
                            {
                                "method": "POST",
                                "api": "BASE/echo",
                                "body": ["{{@}}", "{{uuid}}"],
                                "save_to": "r_{{!}}",
                                "set": {"u_{{= $index }}": "{{= $uuid() & $now() & $item }}"},
                                "repeat": True,
                            },
                            {"set": {"v_{{!}}": "{{= [$uuid(), $millis()] }}"}},
                        ]
                    ),
                },
                optional={
                    "concurrency": st.integers(1, 3),
                    "filter": st.just("{{= $ != 'b' and $count([$uuid(), $millis()]) = 2 }}"),
                },
            ),
        },
    ),
    min_size=1,
    max_size=3,
)
