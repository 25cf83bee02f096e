"""Who may do what with whose objects, schedules and sequences: each API, by each of the people."""

from typing import Any

import pytest

from tests.rights.conftest import NOBODY, PEOPLE, World

OWNER_AND_ADMINS = (200, 404, 404, 200, 404, 401)
READER = (200, 200, 404, 200, 404, 401)
READ_ONLY = (200, 403, 404, 200, 404, 401)
ADMINS = (403, 403, 403, 200, 403, 401)
NOW = "2027-01-15T08:00:00Z"
DAILY = {"type": "interval", "conf": {"every": 1, "period": "days"}}

# What only looks: the API, what is asked, and how alice, bob, carol, dan, eve and nobody are answered.
LOOKS: list[tuple[str, dict[str, Any], tuple[int, ...]]] = [
    ("/js/object_get", {"obj": "{root}"}, READER),
    ("/js/object_get", {"obj": "{open}", "depth": 2, "detailed": True}, READER),
    ("/js/object_get", {"obj": "{kept}"}, OWNER_AND_ADMINS),
    ("/js/object_get", {"obj": "{beyond}"}, OWNER_AND_ADMINS),
    ("/js/object_get", {"obj": "{shown edge}"}, READER),
    ("/js/object_get", {"obj": "{hidden edge}"}, OWNER_AND_ADMINS),
    ("/js/object_get", {"obj": "{secret edge}"}, OWNER_AND_ADMINS),
    ("/js/object_perms_get", {"obj": "{root}"}, READER),
    ("/js/object_perms_get", {"obj": "{kept}"}, OWNER_AND_ADMINS),
    ("/js/object_perms_get", {"obj": "{secret edge}"}, OWNER_AND_ADMINS),
    ("/js/graph_get", {"gph": "{root}"}, READER),
    ("/js/graph_get", {"gph": "{root}", "mode": "dot"}, READER),
    ("/js/graph_get", {"gph": "{open}"}, (404, 404, 404, 404, 404, 401)),
    ("/js/walker_run", {"name": "echo", "nd": "{root}"}, READER),
    ("/js/walker_run", {"name": "run", "nd": "{open}"}, READER),
    ("/js/walker_run", {"name": "echo", "nd": "{kept}"}, OWNER_AND_ADMINS),
    ("/js/walker_run", {"name": "echo", "nd": "urn:uuid:nonsense"}, (400, 400, 400, 400, 400, 401)),
    ("/js/wapi/echo", {"nd": "{kept}"}, OWNER_AND_ADMINS),
    ("/js_admin/object_get", {"obj": "{root}"}, ADMINS),
    ("/js_admin/sequence_check", {"sequence": {"requests": []}}, ADMINS),
    ("/js_admin/saved_sequence_save", {"name": "s", "sequence": {"requests": []}}, ADMINS),
    ("/js_admin/saved_sequence_list", {}, ADMINS),
    ("/js_admin/sequence_run", {"sequence": {"requests": []}}, ADMINS),
    ("/js_admin/master_allusers", {}, ADMINS),
    *(
        (f"/js/schedule_{what}", {"id": "{task}", **more}, OWNER_AND_ADMINS)
        for what, more in (("get", {}), ("runs", {}), ("changes", {}), ("why", {"at": NOW}))
    ),
    *(
        (f"/js/schedule_{what}", {"id": "{sequence of eve}", **more}, (404, 404, 404, 200, 200, 401))
        for what, more in (("get", {}), ("runs", {}), ("changes", {}), ("why", {"at": NOW}))
    ),
]

# What changes something: each person has a world of their own.
CHANGES: list[tuple[str, dict[str, Any], tuple[int, ...]]] = [
    ("/js/object_set", {"obj": "{open}", "ctx": {"context": {"a": 1}}}, READER),
    ("/js/object_set", {"obj": "{root}", "ctx": {"context": {"a": 1}}}, READ_ONLY),
    ("/js/object_set", {"obj": "{kept}", "ctx": {"context": {"a": 1}}}, OWNER_AND_ADMINS),
    ("/js/object_set", {"obj": "{shown edge}", "ctx": {"context": {"a": 1}}}, READ_ONLY),
    ("/js/object_set", {"obj": "{secret edge}", "ctx": {"context": {"a": 1}}}, OWNER_AND_ADMINS),
    ("/js/object_perms_set", {"obj": "{open}", "mode": "public"}, READ_ONLY),
    ("/js/object_perms_set", {"obj": "{kept}", "mode": "public"}, OWNER_AND_ADMINS),
    ("/js/object_perms_set", {"obj": "{shown edge}", "mode": "private"}, READ_ONLY),
    ("/js/object_perms_grant", {"obj": "{open}", "mast": "{carol}"}, READ_ONLY),
    ("/js/object_perms_grant", {"obj": "{kept}", "mast": "{carol}"}, OWNER_AND_ADMINS),
    ("/js/object_perms_revoke", {"obj": "{root}", "mast": "{bob}"}, READ_ONLY),
    ("/js/graph_active_set", {"gph": "{root}"}, READER),
    ("/js/graph_delete", {"gph": "{root}"}, READ_ONLY),
    ("/js/walker_run", {"name": "count", "nd": "{open}"}, READER),
    ("/js/walker_run", {"name": "grow", "nd": "{kept}"}, OWNER_AND_ADMINS),
    ("/js/schedule_update", {"id": "{task}", "description": "x"}, OWNER_AND_ADMINS),
    ("/js/schedule_disable", {"id": "{task}"}, OWNER_AND_ADMINS),
    ("/js/schedule_enable", {"id": "{task}"}, OWNER_AND_ADMINS),
    ("/js/schedule_run_now", {"id": "{task}"}, OWNER_AND_ADMINS),
    ("/js/delete_scheduled_queue", {"scheduled_queue_id": "{task}"}, OWNER_AND_ADMINS),
    ("/js/schedule_update", {"id": "{sequence of dan}", "description": "x"}, (404, 404, 404, 200, 404, 401)),
    ("/js/schedule_run_now", {"id": "{sequence of dan}"}, (404, 404, 404, 200, 404, 401)),
    # Who was an admin once may look, pause and delete; and nothing runs in their name, whoever asks.
    ("/js/schedule_update", {"id": "{sequence of eve}", "description": "x"}, (404, 404, 404, 200, 403, 401)),
    (
        "/js/schedule_update",
        {"id": "{sequence of eve}", "body": {"requests": [], "timeout": 7}},
        (404, 404, 404, 400, 403, 401),
    ),
    ("/js/schedule_enable", {"id": "{sequence of eve}"}, (404, 404, 404, 409, 403, 401)),
    ("/js/schedule_run_now", {"id": "{sequence of eve}"}, (404, 404, 404, 409, 403, 401)),
    ("/js/schedule_disable", {"id": "{sequence of eve}"}, (404, 404, 404, 200, 200, 401)),
    ("/js/delete_scheduled_queue", {"scheduled_queue_id": "{sequence of eve}"}, (404, 404, 404, 200, 200, 401)),
    (
        "/js_admin/add_scheduled_sequence",
        {"name": "new", "schedule": DAILY, "body": {"requests": []}},
        ADMINS,
    ),
    (
        "/js/add_scheduled_walker",
        {
            "name": "new",
            "schedule": DAILY,
            "body": {"name": "echo", "nd": "{kept}"},
        },
        (200, 400, 400, 200, 400, 401),
    ),
    (
        "/js/add_scheduled_walker",
        {
            "name": "new",
            "schedule": DAILY,
            "body": {"name": "echo", "mst": "{alice}"},
        },
        (200, 403, 403, 200, 403, 401),
    ),
]

PAGES: list[tuple[str, tuple[int, ...]]] = [
    ("/graph?graph={root}", (200, 200, 404, 200, 404, 303)),
    ("/graph?graph={root}&node={open}", (200, 200, 404, 200, 404, 303)),
    ("/graph?graph={root}&node={kept}", (200, 404, 404, 200, 404, 303)),
    ("/tasks/{task}", (200, 404, 404, 200, 404, 303)),
    ("/tasks/{task}/changes", (200, 404, 404, 200, 404, 303)),
    ("/tasks/{sequence of eve}", (404, 404, 404, 200, 200, 303)),
    ("/tasks/{sequence of eve}/edit", (404, 404, 404, 200, 404, 303)),
    *((path, (404, 404, 404, 200, 404, 303)) for path in ("/sequences", "/new-sequence", "/import-sequence")),
]


def _named(world: World) -> World:
    for who, master in world.people.items():
        world.things[who] = f"urn:uuid:{master.uid}"
    return world


@pytest.mark.parametrize(("path", "body", "expected"), LOOKS)
def test_who_may_look(still_world: World, path: str, body: dict[str, Any], expected: tuple[int, ...]) -> None:
    answers = tuple(_named(still_world).ask(who, path, **body).status_code for who in PEOPLE)
    assert answers == expected


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize(("path", "body", "expected"), CHANGES)
def test_who_may_change(world: World, path: str, body: dict[str, Any], expected: tuple[int, ...], who: str) -> None:
    answer = _named(world).ask(who, path, **body)
    assert answer.status_code == expected[PEOPLE.index(who)], answer.text


@pytest.mark.parametrize(("path", "expected"), PAGES)
def test_who_may_see_the_page(still_world: World, path: str, expected: tuple[int, ...]) -> None:
    for name, thing in still_world.things.items():
        path = path.replace(f"{{{name}}}", str(thing))
    assert tuple(still_world.visitor(who).get(path).status_code for who in PEOPLE) == expected


@pytest.mark.parametrize(
    ("api", "name"), [("object_get", "obj"), ("object_set", "obj"), ("graph_get", "gph"), ("walker_run", "nd")]
)
def test_what_is_hidden_is_refused_in_the_words_for_what_is_not_there(still_world: World, api: str, name: str) -> None:
    more = {"name": "echo"} if api == "walker_run" else {}
    texts = set()
    for there in (still_world.things["kept"], "urn:uuid:00000000-0000-4000-8000-000000000000"):
        answer = still_world.ask("bob", f"/js/{api}", **{name: there}, **more)
        assert answer.status_code == 404
        texts.add(answer.text.replace(there, "*"))
    assert len(texts) == 1


@pytest.mark.parametrize("who", PEOPLE[:-1])
def test_an_alias_gives_no_right(still_world: World, who: str) -> None:
    still_world.good(who, "/js/alias_register", name="mine", value="{kept}")
    for path, body in (("/js/object_get", {"obj": "mine"}), ("/js/walker_run", {"name": "echo", "nd": "mine"})):
        assert still_world.ask(who, path, **body).status_code == (200 if who in ("alice", "dan") else 404)


def test_whoever_may_not_change_a_node_runs_no_walker_that_does(world: World) -> None:
    answer = world.good("bob", "/js/walker_run", name="count", nd="{root}")
    assert (answer["success"], answer["errors"][0].split(":")[0]) == (False, "NotYours")
    assert world.good("alice", "/js/object_get", obj="{root}")["context"] == {}


def test_nobody_is_asked_who_they_are_everywhere(still_world: World) -> None:
    assert {expected[PEOPLE.index(NOBODY)] for _, _, expected in (*LOOKS, *CHANGES)} == {401}
