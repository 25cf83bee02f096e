"""What people wish to say: each wish is a sequence without a program beside it."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

import sequence
from tests.sequence_language.test_recipes import StandingClock
from tests.support.scripted_server import Seen, Server

Play = Callable[..., sequence.SequenceRun]
NOTHING: dict[str, Any] = {"json": {}}


@pytest.fixture
def wish(play: Play) -> Callable[..., dict[str, Any]]:
    """Runs the steps of a wish, which have to go well; the memory that comes out."""

    def run(
        steps: list[Any], server: dict[str, Any], clock: StandingClock | None = None, **more: Any
    ) -> dict[str, Any]:
        ran = play(steps, server, more=more, sender=sequence.Live(clock=clock or StandingClock()))
        assert ran.ok, ran.error or ran.problems
        return ran.persistence

    return run


Wish = Callable[..., dict[str, Any]]


def bodies(server: Server, method: str = "POST") -> list[Any]:
    return [seen.body for seen in server.seen if seen.method == method]


def get(path: str, **keys: Any) -> dict[str, Any]:
    return {"method": "GET", "api": path, **keys}


def post(path: str, **keys: Any) -> dict[str, Any]:
    return {"method": "POST", "api": path, **keys}


def test_remove_what_is_there_and_no_longer_here(wish: Wish, server: Server) -> None:
    gone = {"method": "DELETE", "api": "/there/{{@}}"}
    by = "{{= [$memory.there.id[$not($ in $memory.here.id)]] }}"
    steps = [
        get("/here", save_to="here"),
        get("/there", save_to="there"),
        {"delay": 0, "__def_loop__": {"by": by, "requests": [gone]}},
    ]
    ids = {"GET /here": {"json": [{"id": 1}, {"id": 3}]}, "GET /there": {"json": [{"id": n} for n in (1, 2, 3, 4)]}}
    wish(steps, {**ids, "DELETE": {"status": 204}})
    assert [seen.path for seen in server.seen[2:]] == ["/there/2", "/there/4"]


def test_make_it_if_it_is_not_there_else_change_it(wish: Wish, server: Server) -> None:
    found = get("/items?name={{#.name}}", save_to="found")
    change = {"method": "PUT", "api": "/items/{{#.found.0.id}}", "when": "{{= $count($memory.found) > 0 }}"}
    make = post("/items", body={"name": "{{#.name}}"}, when="{{= $count($memory.found) = 0 }}")
    for items, asked in (([], "POST /items"), ([{"id": 7}], "PUT /items/7")):
        wish(
            [found, change, make], {"GET": {"json": items}, "PUT": NOTHING, "POST": NOTHING}, persistence={"name": "a"}
        )
        assert [f"{seen.method} {seen.path}" for seen in server.seen] == ["GET /items?name=a", asked]


def test_rename_and_compute_fields_of_each_row(wish: Wish, server: Server) -> None:
    rows = "{{= [$.{'sku': id, 'total': $round(price * amount, 2), 'tags': $join(tags, ',')}] }}"
    script = {"GET": {"json": [{"id": "x", "price": 1.1, "amount": 3, "tags": ["a", "b"]}]}, "POST": NOTHING}
    wish([get("/rows"), post("/rows", body=rows)], script)
    assert bodies(server) == [[{"sku": "x", "total": 3.3, "tags": "a,b"}]]


def test_send_rows_in_batches(wish: Wish, server: Server) -> None:
    batches = (
        "{{= $map([0..$ceil($count($memory.rows) / 4) - 1], function($n) { [$memory.rows[[$n * 4 .. $n * 4 + 3]]] }) }}"
    )
    loop = {"by": "#.batches", "requests": [post("/bulk", body="{{@}}")]}
    wish(
        [{"set": {"batches": batches}}, {"delay": 0, "__def_loop__": loop}],
        {"POST": NOTHING},
        persistence={"rows": list(range(9))},
    )
    assert bodies(server) == [[0, 1, 2, 3], [4, 5, 6, 7], [8]]


def test_ask_for_what_changed_since_yesterday(wish: Wish, server: Server) -> None:
    since = "{{= $fromMillis($millis() - 86400000, '[Y0001]-[M01]-[D01]') }}"
    wish([get("/changes", query={"since": since})], {"GET": NOTHING})
    assert server.seen[0].path == "/changes?since=2026-01-04"


def test_take_a_token_out_of_a_page(wish: Wish, server: Server) -> None:
    token = r"""{{= $match($, /name="csrf" value="([^"]+)"/).groups[0] }}"""
    page = {"text": '<form><input name="csrf" value="a1+b"></form>', "headers": {"Content-Type": "text/html"}}
    wish(
        [get("/form", set={"csrf": token}), post("/form", form={"csrf": "{{#.csrf}}"})], {"GET": page, "POST": NOTHING}
    )
    assert server.seen[1].content == b"csrf=a1%2Bb"


def test_read_what_a_token_says(wish: Wish, server: Server) -> None:
    claims = base64.b64encode(json.dumps({"sub": "ana", "exp": 1767603900}).encode()).decode().rstrip("=")
    left = "{{= $parse($base64decode($split($.token, '.')[1])).exp - $floor($millis() / 1000) }}"
    memory = wish([get("/token", set={"left": left})], {"GET": {"json": {"token": f"e30.{claims}.x"}}})
    assert memory["left"] == 300


def test_wait_between_items(wish: Wish, server: Server) -> None:
    clock = StandingClock()
    loop = {"by": "$", "requests": [post("/one", body="{{@}}", delay="{{= $index = 0 ? 0 : 1.5 }}")]}
    wish([get("/all", __def_loop__=loop)], {"GET": {"json": [1, 2, 3]}, "POST": NOTHING}, clock)
    assert clock.waits == [1.5, 1.5]


def test_tell_at_the_end_which_items_failed(play: Play, server: Server) -> None:
    loop = {
        "by": "$",
        "tolerate": "100%",
        "requests": [post("/one", body="{{@}}", save_to="was_{{@}}")],
    }
    failed = "{{= [$each($memory, function($v, $k) { $exists($v.status) ? $k })] }}"
    script = {
        "GET": {"json": [1, 2, 3]},
        "POST /one": lambda seen: {"status": 409 if seen.body == 2 else 200, "json": 1},
    }
    run = play(
        [get("/all", __def_loop__=loop), post("/chat", body={"failed": failed})], {**script, "POST /chat": NOTHING}
    )
    assert run.ok, run.error
    assert server.seen[-1].body == {"failed": ["was_2"]}


def test_stop_at_the_first_that_fits_and_keep_it(wish: Wish, server: Server) -> None:
    mine = "{{= $.owner = 'ana' }}"
    loop = {
        "by": "$",
        "until": mine,
        "requests": [get("/items/{{@}}", set={"mine": "{{= $.owner = 'ana' ? $ : $memory.mine }}"})],
    }
    script = {
        "GET /items": {"json": [5, 6, 7]},
        "GET": lambda seen: {"json": {"id": seen.path, "owner": "ana" if seen.path[-1] == "6" else "bob"}},
    }
    memory = wish([get("/items", __def_loop__=loop)], script)
    assert (memory["mine"]["id"], len(server.seen)) == ("/items/6", 3)


def test_cancel_the_job_there_when_it_takes_too_long(play: Play, server: Server) -> None:
    poll = get("/jobs/7", retry={"attempts": 3, "wait": 0, "until": "{{= state = 'done' }}"})
    ends = {"on_error": [{"method": "DELETE", "api": "/jobs/7", "when": "{{= $contains($failure.message, 'until') }}"}]}
    run = play([poll], {"GET": {"json": {"state": "busy"}}, "DELETE": NOTHING}, more=ends)
    assert not run.ok
    assert [seen.method for seen in server.seen] == ["GET"] * 3 + ["DELETE"]


def test_try_again_for_one_code_of_error_only(wish: Wish, server: Server) -> None:
    busy = {"not": [{"by": "%.body.code", "condition": {"eq": "LOCKED"}}]}
    step = post(
        "/lock", ok=[200, 409], retry={"attempts": 4, "wait": 0, "until": [busy]}, expect="{{= $last.status = 200 }}"
    )
    wish([step], {"POST": [{"status": 409, "json": {"code": "LOCKED"}}, {"json": {"code": None}}]})
    assert len(server.seen) == 2


def test_different_requests_side_by_side(wish: Wish, server: Server) -> None:
    asks = {"method": "GET", "api": "{{@.url}}", "ok": "any", "set": {"code_{{@.name}}": "{{%.status}}"}}
    checks = [{"name": name, "url": f"{server.base}/{name}"} for name in ("a", "b", "c")]
    steps = [{"delay": 0, "__def_loop__": {"by": "#.checks", "concurrency": 3, "requests": [asks]}}]
    script = {"GET /a": NOTHING, "GET /b": {"status": 503}, "GET /c": {"status": 204}}
    memory = wish(steps, script, persistence={"checks": checks})
    assert [memory[f"code_{name}"] for name in "abc"] == [200, 503, 204]


def test_group_and_sum(wish: Wish, server: Server) -> None:
    rows = [{"who": "a", "n": 1}, {"who": "b", "n": 2}, {"who": "a", "n": 4}]
    memory = wish([get("/rows", set={"sums": "{{= ${who: $sum(n)} }}"})], {"GET": {"json": rows}})
    assert memory["sums"] == {"a": 5, "b": 2}


def test_follow_pages_by_the_total_that_a_header_tells(wish: Wish, server: Server) -> None:
    more = {"page": "{{= $last.page * 2 < $number($last.header.`x-total-count`) ? $last.page + 1 : null }}"}
    pages = {"next": more, "items": "$"}

    def page(seen: Seen) -> Any:
        number = int(seen.path.partition("page=")[2] or 1)
        return {"json": list(range(2 * number - 2, min(2 * number, 5))), "headers": {"X-Total-Count": "5"}}

    assert wish([get("/rows", pages=pages, save_to="rows")], {"GET": page})["rows"] == [0, 1, 2, 3, 4]
    assert len(server.seen) == 3


def test_one_login_for_many_blocks(wish: Wish, server: Server) -> None:
    blocks = {
        "login": [post("/login", when="{{= $not($exists($memory.token)) }}", set={"token": "{{$.token}}"})],
        "report": [{"use": "login"}, get("/reports/{{@.id}}", header={"X-Token": "{{#.token}}"})],
    }
    steps = [{"use": "report", "with": {"id": n}, "save_to": f"r{n}"} for n in (1, 2)]
    memory = wish(
        steps, {"POST": {"json": {"token": "t"}}, "GET": lambda seen: {"json": seen.headers["X-Token"]}}, blocks=blocks
    )
    assert (memory["r1"], memory["r2"], len(bodies(server))) == ("t", "t", 1)


def test_a_loop_in_a_loop_that_knows_both(wish: Wish, server: Server) -> None:
    inner = {
        "by": "$",
        "requests": [post("/pairs", body={"team": "{{@@.name}}", "who": "{{@.id}}", "no": "{{= $indexes }}"})],
    }
    teams = {"by": "$", "requests": [get("/teams/{{@.id}}", __def_loop__=inner)]}
    script = {
        "GET /teams": {"json": [{"id": 1, "name": "x"}, {"id": 2, "name": "y"}]},
        "GET": {"json": [{"id": "ana"}, {"id": "bob"}]},
    }
    wish([get("/teams", __def_loop__=teams)], {**script, "POST": NOTHING})
    assert bodies(server)[0] == {"team": "x", "who": "ana", "no": [0, 0]}
    assert bodies(server)[3] == {"team": "y", "who": "bob", "no": [1, 1]}


def test_the_smallest_and_the_sorted(wish: Wish, server: Server) -> None:
    memory = wish(
        [
            get(
                "/offers",
                set={
                    "best": "{{= $^(price, >stars)[0].id }}",
                    "three": "{{= [$^(price)[[0..2]].id] }}",
                    "mean": "{{= $average(price) }}",
                },
            )
        ],
        {"GET": {"json": [{"id": n, "price": price, "stars": n} for n, price in enumerate([9, 2, 2, 5])]}},
    )
    assert memory == {"best": 2, "three": [1, 2, 3], "mean": 4.5}
