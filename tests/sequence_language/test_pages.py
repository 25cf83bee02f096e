"""Following the pages of a list."""

import gc
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

import sequence
from sequence import Live, MemoryJournal, Mock, Replay
from sequence.engine.paging import next_link
from tests.support.scripted_server import Seen, Server

Play = Any
LINKED: dict[str, Any] = {"method": "GET", "api": "/l?n=0", "save_to": "all", "pages": {"next": "link"}}


def linked(count: int, **more: Any) -> Callable[[Seen], dict[str, Any]]:
    """Pages of two numbers each, led through by Link headers."""

    def answer(seen: Seen) -> dict[str, Any]:
        n = int(seen.path.partition("n=")[2])
        headers = {"Link": f'</l?n={n - 1}>; rel="prev", </l?n={n + 1}>; rel="next"'} if n + 1 < count else {}
        return {"json": {"rows": [2 * n, 2 * n + 1]}, "headers": headers, **more}

    return answer


def states(run: sequence.SequenceRun) -> list[tuple[str, str]]:
    return [(step.path, step.state) for step in run.steps]


def test_link_headers_are_followed_to_the_end_into_one_list(play: Play, server: Server) -> None:
    step = {
        **LINKED,
        "pages": {"next": "link", "items": "$.rows"},
        "__def_loop__": {"by": "$", "limit": 1, "requests": []},
    }
    run = play([step], {"GET": linked(3)})
    assert run.ok, run.error
    assert run.persistence == {"all": [0, 1, 2, 3, 4, 5]}
    assert states(run) == [("0.page[0]", "ok"), ("0.page[1]", "ok"), ("0.page[2]", "ok"), ("0", "ok")]
    assert run.steps[-1].saved == ("all",)
    assert [seen.path for seen in server.seen] == ["/l?n=0", "/l?n=1", "/l?n=2"]


def test_without_items_the_pages_themselves_are_listed(play: Play) -> None:
    assert play([LINKED], {"GET": linked(2)}).persistence == {"all": [{"rows": [0, 1]}, {"rows": [2, 3]}]}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ('<http://x/2>; rel="next"', "http://x/2"),
        ("</2>;rel=next", "/2"),
        ('<a>; rel="prev", <b,c>; title="x, y"; rel="last next"', "b,c"),
        ('<a>; title="rel=next"; rel="prev"', None),
        ('<a>; REL="NEXT"', "a"),
        ('<a>; rel="nextish"', None),
    ],
)
def test_the_link_header_is_read_as_rfc_8288_says(header: str, expected: str | None) -> None:
    assert next_link(header) == expected


def test_an_address_replaces_the_whole_address(play: Play, server: Server) -> None:
    step = {**LINKED, "api": "/l?n=0", "query": {"size": 2}, "pages": {"next": "{{$.next}}", "items": "$.rows"}}
    script = {
        "GET /l?n=0&size=2": {"json": {"rows": [1], "next": "more?cursor=a%2Fb"}},
        "GET /more?cursor=a%2Fb": {"json": {"rows": [2], "next": ""}},
    }
    run = play([step], script)
    assert run.persistence == {"all": [1, 2]}, run.error


CURSOR = {"next": {"cursor": "{{$.meta.cursor}}"}, "items": "$.data"}


@pytest.mark.parametrize("end", [None, ""])
def test_a_cursor_goes_into_the_query_and_an_empty_page_does_not_end_it(play: Play, server: Server, end: Any) -> None:
    script = {
        "GET /c": {"json": {"data": [1], "meta": {"cursor": "a"}}},
        "GET /c?cursor=a": {"json": {"data": [], "meta": {"cursor": "b"}}},
        "GET /c?cursor=b": {"json": {"data": [2], "meta": {"cursor": end}}},
    }
    assert play([{"method": "GET", "api": "/c", "save_to": "all", "pages": CURSOR}], script).persistence == {
        "all": [1, 2]
    }


def test_the_last_id_of_a_page_leads_on_and_page_one_comes_once(play: Play, server: Server) -> None:
    def answer(seen: Seen) -> dict[str, Any]:
        after = int(seen.path.partition("starting_after=")[2] or 0)
        return {"json": {"data": [{"id": n} for n in range(after + 1, min(after + 3, 6))], "has_more": after + 2 < 5}}

    pages = {
        "next": {"starting_after": "{{$.data.-1.id}}"},
        "items": "$.data",
        "stop": [{"by": "$.has_more", "condition": {"eq": False}}],
    }
    run = play([{"method": "GET", "api": "/s?limit=2", "save_to": "all", "pages": pages}], {"GET": answer})
    assert [row["id"] for row in run.persistence["all"]] == [1, 2, 3, 4, 5]
    assert [seen.path for seen in server.seen] == [
        "/s?limit=2",
        "/s?limit=2&starting_after=2",
        "/s?limit=2&starting_after=4",
    ]


@pytest.mark.parametrize(
    ("step", "sent"),
    [
        ({"body": {"q": 1}}, [{"q": 1}, {"q": 1, "cursor": "a"}]),
        ({}, [{}, {"cursor": "a"}]),
        ({"form": {"q": 1}}, ["q=1", "q=1&cursor=a"]),
    ],
)
def test_of_a_post_it_goes_into_the_steps_own_kind_of_body(
    play: Play, server: Server, step: Any, sent: list[Any]
) -> None:
    script = {"POST": [{"json": {"data": [1], "meta": {"cursor": "a"}}}, {"json": {"data": [2]}}]}
    run = play([{"method": "POST", "api": "/c", **step, "save_to": "all", "pages": CURSOR}], script)
    assert run.persistence == {"all": [1, 2]}, run.error
    got = [json.loads(seen.content) if "form" not in step else seen.content.decode() for seen in server.seen]
    assert got == sent


def test_into_says_where_it_goes(play: Play, server: Server) -> None:
    script = {"POST": [{"json": {"data": [1], "meta": {"cursor": "a"}}}, {"json": {"data": [2]}}]}
    step = {"method": "POST", "api": "/c?cursor=old", "text": "raw", "pages": {**CURSOR, "into": "query"}}
    assert play([step], script).ok
    assert [(seen.path, seen.content) for seen in server.seen] == [("/c?cursor=old", b"raw"), ("/c?cursor=a", b"raw")]


def test_the_number_of_the_page_counts_from_one(play: Play) -> None:
    pages = {"next": {"after": "{{%.page}}"}, "items": "$"}
    script = {"GET /n": {"json": [1]}, "GET /n?after=1": {"json": [2]}, "GET /n?after=2": {"json": []}}
    run = play([{"method": "GET", "api": "/n", "save_to": "all", "pages": pages}], script)
    assert run.persistence == {"all": [1, 2]}, run.error


def test_the_same_request_twice_is_an_error_and_what_came_is_saved(play: Play, server: Server) -> None:
    pages = {"next": {"cursor": "{{$.c}}"}, "items": "$.data"}
    step = {"method": "GET", "api": "/c", "save_to": "all", "pages": pages}
    run = play([step], {"GET": {"json": {"data": [1], "c": "same"}}})
    assert run.error is not None and run.error.path == "0"
    assert "page 3 would send the same request as page 2" in run.error.message
    assert run.persistence == {"all": [1, 1]}
    assert len(server.seen) == 2


def test_more_pages_than_max_are_an_error_and_what_came_is_saved(play: Play, server: Server) -> None:
    run = play([{**LINKED, "pages": {"next": "link", "items": "$.rows", "max": 2}}], {"GET": linked(5)})
    assert run.error is not None and "more than 2 pages" in run.error.message
    assert run.persistence == {"all": [0, 1, 2, 3]}
    assert len(server.seen) == 2
    assert play([{**LINKED, "pages": {"next": "link", "max": 3}}], {"GET": linked(3)}).ok


def test_with_a_higher_max_it_goes_on_behind_the_pages_that_came(play: Play, server: Server) -> None:
    journal = MemoryJournal()
    assert not play([{**LINKED, "pages": {"next": "link", "max": 2}}], {"GET": linked(4)}, sender=Replay(journal)).ok
    assert play([LINKED], {"GET": linked(4)}, sender=Replay(journal, again=True)).ok
    assert [seen.path for seen in server.seen] == ["/l?n=2", "/l?n=3"]


def test_expect_set_and_break_come_once_at_the_end(play: Play) -> None:
    step = {
        **LINKED,
        "pages": {"next": "link", "items": "$.rows"},
        "expect": [{"by": "#.all.5", "condition": {"eq": 5}}, {"by": "$.-1", "condition": {"eq": 5}}],
        "break": [{"by": "%.page", "condition": {"eq": 3}}],
    }
    run = play([step, {"method": "GET", "api": "/never"}], {"GET": linked(3)})
    assert run.ok, run.error
    assert states(run)[-1] == ("0", "ok")


def test_a_page_that_fails_is_tried_again_and_then_the_steps_error(play: Play, server: Server) -> None:
    ok, bad = linked(3), {"status": 503}
    script = {"GET /l?n=0": ok, "GET /l?n=1": [bad, bad], "GET /l?n=2": ok}
    step = {**LINKED, "retry": {"attempts": 2, "wait": 0}}
    run = play([step], script)
    assert states(run) == [("0.page[0]", "ok"), ("0.page[1]", "retried"), ("0.page[1]", "failed"), ("0", "failed")]
    assert run.error is not None and (run.error.path, run.error.paths) == ("0.page[1]", ("0.page[1]",))
    assert run.persistence == {"all": {"status": 503, "message": "Service Unavailable"}}


def test_going_on_begins_at_the_page_that_failed(play: Play, server: Server) -> None:
    ok, journal = linked(3), MemoryJournal()
    script = {"GET": ok, "GET /l?n=1": {"status": 500}}
    assert play([LINKED], script, sender=Replay(journal)).error.path == "0.page[1]"
    run = play([LINKED], {"GET": ok}, sender=Replay(journal, again=True))
    assert run.ok, run.error
    assert [seen.path for seen in server.seen] == ["/l?n=1", "/l?n=2"]


def test_going_on_from_a_list_that_was_not_as_expected_asks_for_all_of_it(play: Play, server: Server) -> None:
    journal = MemoryJournal()
    step = {
        **LINKED,
        "pages": {"next": "link", "items": "$.rows"},
        "expect": [{"by": "$.9", "condition": {"exists": True}}],
    }
    assert not play([step], {"GET": linked(3)}, sender=Replay(journal)).ok
    assert play([step], {"GET": linked(5)}, sender=Replay(journal, again=True)).ok
    assert len(server.seen) == 5


def test_another_origin_gets_no_credentials(play: Play, server: Server) -> None:
    other = Server()
    try:
        other.begin({"GET": {"json": {"rows": [2]}, "headers": {"Link": f"<{server.base}/back>; rel=next"}}})
        script = {
            "GET /l": {"json": {"rows": [1]}, "headers": {"Link": f"<{other.base}/l?n=9>; rel=next"}},
            "GET /back": {"json": {"rows": [3]}},
        }
        header = {"Cookie": "a=b", "X-Key": "{{secret.KEY}}", "X-Plain": "1", "Authorization": "mine"}
        settings = sequence.SequenceSettings(secrets={"KEY": "very-secret-key"})
        run = play([{**LINKED, "api": "/l", "header": header}], script, settings=settings)
        assert run.ok, run.error
        names = {"cookie", "x-key", "authorization", "x-plain"}
        got = [{name.lower() for name in seen.headers} & names for seen in (*server.seen, *other.seen)]
        assert got == [names, {"x-plain"}, {"x-plain"}]
    finally:
        other.close()


def test_a_secret_does_not_go_to_another_origin_in_the_body_or_the_address(play: Play, server: Server) -> None:
    settings = sequence.SequenceSettings(secrets={"KEY": "very-secret-key"})
    step = {"method": "POST", "api": "/l", "body": "{{secret.KEY}}", "pages": {"next": "link"}}
    script = {"POST": {"json": 1, "headers": {"Link": "<http://127.0.0.1:9/x>; rel=next"}}}
    run = play([step], script, settings=settings)
    assert run.error is not None and "another origin" in run.error.message
    step = {**step, "body": 1}
    script = {"POST": {"json": 1, "headers": {"Link": "<http://127.0.0.1:9/very-secret-key>; rel=next"}}}
    run = play([step], script, settings=settings)
    assert run.error is not None and "another origin" in run.error.message


def test_user_and_password_of_the_address_stay_at_their_origin(play: Play, server: Server) -> None:
    base = server.base.replace("http://", "http://me:pw@")
    run = play([{"method": "GET", "api": f"{base}/l?n=0", "pages": {"next": "link"}}], {"GET": linked(2)})
    assert run.ok, run.error
    assert [seen.headers.get("Authorization") for seen in server.seen] == ["Basic bWU6cHc="] * 2


def test_a_next_address_passes_the_guard(play: Play) -> None:
    script = {"GET": {"json": 1, "headers": {"Link": "<http://169.254.169.254/latest>; rel=next"}}}
    run = play([{**LINKED, "api": "/l"}], script)
    assert run.error is not None and run.error.path == "0.page[1]"
    assert "169.254.169.254" in run.error.message


@pytest.mark.parametrize("told", ["ftp://x/", "http://", "http://[::1", {"a": 1}, 5])
def test_a_next_that_leads_nowhere_is_the_steps_error(play: Play, told: Any) -> None:
    step = {"method": "GET", "api": "/l", "save_to": "all", "pages": {"next": "{{$.next}}"}}
    run = play([step], {"GET": {"json": {"next": told}}})
    assert run.error is not None and run.error.path in ("0", "0.page[1]")


def test_a_dry_run_answers_page_by_page() -> None:
    mock = Mock({"0.page[0]": {"body": {"c": "a"}}, "0.page[*]": {"body": {"c": None}}})
    argument = {"requests": [{"method": "GET", "api": "http://x/", "pages": {"next": {"c": "{{$.c}}"}}}]}
    assert sequence.run(argument, sender=mock).ok
    assert [(request.path, request.url) for request in mock.sent] == [
        ("0.page[0]", "http://x/"),
        ("0.page[1]", "http://x/?c=a"),
    ]


@pytest.mark.parametrize(
    ("step", "path"),
    [
        ({"pages": {}}, "pages.next"),
        ({"pages": {"next": 5}}, "pages.next"),
        ({"pages": {"next": ""}}, "pages.next"),
        ({"pages": {"next": {}}}, "pages.next"),
        ({"pages": {"next": "{{foo}}"}}, "pages.next"),
        ({"pages": {"next": "link", "items": "rows"}}, "pages.items"),
        ({"pages": {"next": "link", "max": 0}}, "pages.max"),
        ({"pages": {"next": "link", "into": "header"}}, "pages.into"),
        ({"pages": {"next": "link", "itmes": "$"}}, "pages.itmes"),
        ({"pages": {"next": "link", "stop": [{}]}}, "pages.stop[0].by"),
        ({"pages": {"next": {"a": "{{$.a}}"}}, "method": "POST", "text": "x"}, "pages.next"),
    ],
)
def test_what_can_not_be_followed_is_refused_with_its_path(step: dict[str, Any], path: str) -> None:
    argument = {"requests": [{"method": "GET", "api": "http://x", **step}]}
    assert f"requests[0].{path}" in [found.path for found in sequence.check(argument)]


def test_pages_that_never_end_end_at_a_limit() -> None:
    endless = Mock({"0.page[*]": {"body": {"rows": [1, 2, 3], "c": 1}}})
    counting = {
        "method": "GET",
        "api": "http://x/",
        "pages": {"next": {"p": "{{%.page}}"}, "items": "$.rows", "max": 10**9},
    }
    for limits in ({"requests": 50}, {"persistence_bytes": 200}):
        settings = sequence.SequenceSettings(sequence.SequenceLimits(**limits))  # type: ignore[arg-type]
        run = sequence.run({"requests": [counting]}, sender=endless, settings=settings)
        assert run.error is not None and run.error.kind == "limit"


def test_ten_thousand_pages_need_no_memory_beyond_the_list() -> None:
    """Objects and bytes that are there after a run, for a run of so many pages; each page has one item."""

    def held(pages: int) -> tuple[int, int]:
        body = {"rows": [{"id": 1}], "rest": "x" * 3000}
        step = {"method": "GET", "api": "http://x/", "save_to": "all", "pages": {**by_number, "max": pages + 1}}
        last = {f"0.page[{pages - 1}]": {"body": {"rows": []}}}
        mock = Mock({"0.page[*]": {"body": body}, **last})
        mock_sent = NoList()
        gc.collect()
        tracemalloc.start()
        settings = sequence.SequenceSettings(sequence.SequenceLimits(requests=pages + 1))
        sender = Quiet(mock, mock_sent)
        run = sequence.run({"requests": [step]}, sender=sender, settings=settings)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert run.ok and len(run.persistence["all"]) == pages - 1
        return size, len(run.steps)

    by_number = {"next": {"p": "{{%.page}}"}, "items": "$.rows"}
    few, many = held(300), held(3300)
    assert many[1] - few[1] == 3000
    # A record without its bodies, an item, and the digest of a request; a body alone is three times that.
    assert (many[0] - few[0]) / 3000 < 1500


class NoList(list[Any]):
    def append(self, item: Any) -> None:
        pass


class Quiet:
    """A mock that keeps nothing of what it would send."""

    def __init__(self, mock: Mock, sent: list[Any]) -> None:
        self.mock = mock
        self.sent = sent

    def open(self, opening: Any) -> Any:
        channel = self.mock.open(opening)
        self.mock.sent = self.sent
        return channel


def test_a_journal_has_the_pages_and_the_run_goes_on_at_its_page(play: Play, server: Server) -> None:
    journal = MemoryJournal()
    whole = play([LINKED], {"GET": linked(4)}, sender=Replay(journal))
    paths = [entry["path"] for entry in map(json.loads, journal.lines) if entry["kind"] == "outcome"]
    assert paths == [f"0.page[{n}]" for n in range(4)]
    cut = [line for line in journal.lines if "page[2]" not in line and "page[3]" not in line][:-1]
    run = play([LINKED], {"GET": linked(4)}, sender=Replay(MemoryJournal(cut), Live()))
    assert run.persistence == whole.persistence
    assert [seen.path for seen in server.seen] == ["/l?n=2", "/l?n=3"]
