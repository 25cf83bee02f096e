"""Sequences out of other tools' files: what they say is run against a server, what they can't say is listed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sequence
from tests.sequences.conduit import Conduit
from tests.support.scripted_server import Seen, Server
from walkabout.sequences.importing.draft import ImportedSequence, NotImportable
from walkabout.sequences.importing.files import read_file
from walkabout.sequences.importing.scripts import statements

FOLDER = Path(__file__).parent


def played(found: ImportedSequence, server: Server, **memory: Any) -> sequence.SequenceRun:
    argument = {
        **found.sequence,
        "persistence": {**found.sequence.get("persistence", {}), "API": server.base, **memory},
    }
    assert sequence.check(argument) == []
    return sequence.run(
        argument, settings=sequence.SequenceSettings(secrets={"API_KEY": "k3y", "PASSWORD": "pw", "TOKEN": "t"})
    )


def shop(seen: Seen) -> Any:
    """A small shop: signing in gives a token, which everything else needs."""
    if seen.path == "/users/login":
        return {"json": {"user": {"email": seen.body["user"]["email"], "token": "T0K", "tags": ["a", "b"]}}}
    if seen.headers.get("Authorization") != "Token T0K":
        return {"status": 401}
    if seen.path.endswith("/form"):
        return {"json": {}}
    if seen.method == "DELETE":
        return {"status": 204}
    return {"json": {"article": {"slug": "s-1", "title": seen.body and seen.body["article"]["title"], "count": 3}}}


def test_a_collection_is_run_to_its_green_end(server: Server) -> None:
    found = read_file((FOLDER / "shop.postman_collection.json").read_text())
    server.begin(dict.fromkeys(("GET", "POST", "PUT", "DELETE"), shop))
    ran = played(found, server, EMAIL="a@x.org", PASSWORD="pw")
    assert ran.ok, ran.error
    assert [(seen.method, seen.path) for seen in server.seen] == [
        ("POST", "/users/login"),
        ("POST", "/articles"),
        ("GET", "/articles/s-1?limit=20&tag=a&tag=b"),
        ("POST", "/articles/s-1/form"),
        ("DELETE", "/articles/s-1"),
    ]
    assert server.seen[1].body["article"]["tagList"] == ["training"]
    assert server.seen[3].content == b"a=1&b=x+y"
    assert server.seen[2].headers["X-Api-Key"] == "k3y"
    assert (found.inputs, found.secrets) == (("API", "EMAIL", "PASSWORD"), ("SECRET_API_KEY",))
    assert "l1ve" not in json.dumps(found.sequence)
    told = [str(problem) for problem in found.left_out]
    assert any("Articles / Read, line 5: not taken over: if (json.article.count > 100)" in one for one in told), told
    assert [step["name"] for step in found.sequence["requests"]][:2] == ["Sign in", "Articles / Create (before)"]


def test_the_collection_of_a_blog_is_run_to_its_green_end(server: Server) -> None:
    """In the style of the collections that hold back ends of one and the same blog to their API."""
    found = read_file((FOLDER / "conduit.postman_collection.json").read_text())
    blog = Conduit()
    server.begin(dict.fromkeys(("GET", "POST", "PUT", "DELETE"), blog))
    memory = {"APIURL": f"{server.base}/api", "EMAIL": "ana@example.org", "USERNAME": "ana", "PASSWORD": "pw"}
    ran = played(found, server, **memory)
    assert ran.ok, ran.error
    assert found.inputs == ("APIURL", "EMAIL", "PASSWORD", "USERNAME")
    assert [f"{seen.method} {seen.path}" for seen in server.seen[-3:]] == [
        "POST /api/articles/on-tides-1/comments",
        "DELETE /api/articles/on-tides-1/comments/2",
        "DELETE /api/articles/on-tides-1",
    ]
    assert (list(blog.people), blog.articles) == (["ana"], {})
    by_tag = next(step for step in found.sequence["requests"] if step["name"] == "Articles / By tag")
    assert (by_tag["ok"], by_tag["expect"]) == (200, [{"by": "$.articlesCount", "condition": {"type": "integer"}}])
    left = [str(problem) for problem in found.left_out if "not taken over" in str(problem)]
    assert [told.partition("not taken over: ")[2] for told in left] == ["if(answer.articles.length)", "else"]


@pytest.mark.parametrize(
    ("script", "keys"),
    [
        ("pm.test('ok', function () { pm.response.to.have.status(201); });", {"ok": 201}),
        ("pm.test('ok', () => pm.expect(pm.response.code).to.be.oneOf([200, 201]));", {"ok": [200, 201]}),
        ("tests['Status'] = responseCode.code === 200;", {"ok": 200}),
        ("const j = pm.response.json();\npm.environment.set('id', j.data[0].id);", {"set": {"id": "{{$.data.0.id}}"}}),
        ("pm.globals.set('e', pm.response.headers.get('ETag'))", {"set": {"e": "{{%.header.ETag}}"}}),
        ("pm.environment.set('t', 'Bearer ' + pm.response.json().token)", {"set": {"t": "Bearer {{$.token}}"}}),
        ("pm.environment.set('at', new Date().toISOString())", {"set": {"at": "{{now}}"}}),
        (
            "var j = JSON.parse(responseBody);\ntests['has'] = j.hasOwnProperty('user');",
            {"expect": [{"by": "$.user", "condition": {"exists": True}}]},
        ),
        (
            "pm.expect(pm.response.json().rows).to.be.an('array');",
            {"expect": [{"by": "$.rows", "condition": {"type": "array"}}]},
        ),
        (
            "pm.expect(pm.response.json().n).to.be.above(3)\npm.expect(pm.response.json().s).to.not.equal('x')",
            {
                "expect": [
                    {"by": "$.n", "condition": {"gt": 3}},
                    {"not": [{"by": "$.s", "condition": {"eq": "x"}}]},
                ]
            },
        ),
        (
            "pm.expect(pm.response.json()).to.have.property('a', 1); pm.response.to.have.header('X-A');",
            {"expect": [{"by": "$.a", "condition": {"eq": 1}}, {"by": "%.header.X-A", "condition": {"exists": True}}]},
        ),
        (
            "pm.expect(pm.response.responseTime).to.be.below(200);",
            {"expect": [{"by": "%.ms", "condition": {"lt": 200}}]},
        ),
        (
            "pm.expect(pm.response.json().items).to.have.lengthOf(2); tests['n'] = pm.response.json().items.length > 1",
            {
                "expect": [
                    {"by": "$.items", "condition": {"length": 2}},
                    {"by": "$.items", "condition": {"length": {"gt": 1}}},
                ]
            },
        ),
        (
            "var fine = pm.response.code === 201;\ntests['s'] = fine;\n"
            "if (fine) { tests['d'] = /^\\d+$/.test(pm.response.json().d); }",
            {"ok": 201, "expect": [{"by": "$.d", "condition": {"search": "^\\d+$"}}]},
        ),
        ("// nothing\nconsole.log('{'); /* pm.response.to.have.status(500) */", {}),
    ],
)
def test_common_idioms_become_keys(script: str, keys: dict[str, Any]) -> None:
    item = {
        "name": "a",
        "request": {"method": "GET", "url": "http://x/"},
        "event": [{"listen": "test", "script": {"exec": script.split("\n")}}],
    }
    found = read_file(json.dumps({"info": {"name": "c"}, "item": [item]}))
    assert found.left_out == ()
    (step,) = found.sequence["requests"]
    assert {name: step[name] for name in ("ok", "set", "expect") if name in step} == keys
    assert sequence.check(found.sequence) == []


@pytest.mark.parametrize(
    ("auth", "key"),
    [
        ({"type": "bearer", "bearer": [{"key": "token", "value": "l1ve-token"}]}, {"bearer": "{{secret.TOKEN}}"}),
        ({"type": "bearer", "bearer": {"token": "{{t}}"}}, {"bearer": "{{#.t}}"}),
        (
            {"type": "basic", "basic": [{"key": "username", "value": "u"}, {"key": "password", "value": "p"}]},
            {"basic": ["u", "{{secret.PASSWORD}}"]},
        ),
        (
            {"type": "oauth2", "oauth2": {"accessTokenUrl": "http://x/t", "clientId": "c", "clientSecret": "s"}},
            {"oauth2": {"token_url": "http://x/t", "client_id": "c", "client_secret": "{{secret.CLIENT_SECRET}}"}},
        ),
    ],
)  # fmt: skip
def test_auth_is_inherited_from_the_collection(auth: Any, key: Any) -> None:
    item = {"name": "f", "item": [{"name": "a", "request": "http://x/"}]}
    found = read_file(json.dumps({"info": {}, "auth": auth, "item": [item]}))
    assert found.sequence["requests"][0]["auth"] == key
    assert sequence.check(found.sequence) == []


HURL = """# Signs in, and waits until the report is there.
POST {{API}}/login?x=1
X-Client: hurl
{
  "user": {"email": "a@x.org", "password": "pw", "n": {{n}}}
}
HTTP 200
[Captures]
token: jsonpath "$.user.token"
[Asserts]
jsonpath "$.user.email" == "a@x.org"
jsonpath "$.user.tags" count == 2
jsonpath "$.user" exists
jsonpath "$.user.gone" not exists
header "Content-Type" contains "json"
duration < 60000
xpath "//a" == "x"

GET {{API}}/report
Authorization: Token {{token}}
[QueryStringParams]
of: today
[Options]
retry: 5
retry-interval: 1ms
HTTP *
[Asserts]
status < 300
jsonpath "$.state" == "ready"

POST {{API}}/upload
[MultipartFormData]
note: two words
HTTP 201
"""


def test_a_hurl_file_is_run(server: Server) -> None:
    found = read_file(HURL)
    login = {"json": {"user": {"token": "T0K", "email": "a@x.org", "tags": [1, 2]}}}
    server.begin(
        {
            "POST /login": login,
            "GET /report": [{"json": {"state": "busy"}}, {"status": 500}, {"json": {"state": "ready"}}],
            "POST /upload": {"status": 201, "json": {}},
        }
    )
    ran = played(found, server, n=5)
    assert ran.ok, ran.error
    assert server.seen[0].body == {"user": {"email": "a@x.org", "password": "pw", "n": 5}}
    assert [(seen.path, seen.headers.get("Authorization")) for seen in server.seen[1:4]] == [
        ("/report?of=today", "Token T0K")
    ] * 3
    assert b'name="note"' in server.seen[4].content
    assert [str(problem) for problem in found.left_out if "persistence" not in problem.path] == [
        'line 17: not taken over: xpath "//a" == "x"'
    ]
    assert found.secrets == ("SECRET_PASSWORD",)


def test_an_archive_is_taken_over_without_its_cookies() -> None:
    request = {
        "method": "POST",
        "url": "https://x.org/a",
        "headers": [{"name": "Cookie", "value": "sid=1"}, {"name": "authorization", "value": "Bearer l1ve"}],
        "postData": {"text": "a=1", "mimeType": "x"},
    }
    found = read_file(json.dumps({"log": {"entries": [{"request": request}]}}))
    (step,) = found.sequence["requests"]
    assert step == {
        "method": "POST", "api": "https://x.org/a", "text": "a=1", "header": {"authorization": "Bearer {{secret.TOKEN}}"},
    }  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"info": 1, "item": 2}', "hello", "\0", '{"log": {"entries": [1]}}']
)
def test_what_is_none_of_these_is_refused_or_empty(text: str) -> None:
    try:
        assert read_file(text).sequence["requests"] == []
    except NotImportable as error:
        assert str(error)


def nested(levels: int) -> Any:
    item: Any = {"name": "r", "request": "http://x/"}
    for _ in range(levels):
        item = {"name": "f", "item": [item]}
    return item


@pytest.mark.parametrize(
    "make",
    [
        lambda: json.dumps({"info": {}, "item": [nested(100)]}),
        lambda: json.dumps({"info": {}, "item": [{"request": "http://x"}] * 5000}),
        lambda: json.dumps(
            {"info": {}, "variable": [{"key": "a", "value": "{{a}}" * 100}], "item": [{"request": "{{a}}"}]}
        ),
        lambda: "GET http://x\n" * 5000,
    ],
)
def test_a_hostile_file_ends(make: Callable[[], str]) -> None:
    try:
        assert len(json.dumps(read_file(make()).sequence)) < 10_000_000
    except NotImportable as error:
        assert str(error)


@pytest.mark.parametrize(
    "piece", ["pm.test(", "{", "(", "'", "`", "/", "/*", "if(", "pm.expect(", "a[", "\\", "pm.expect(a).to.be."]
)
def test_a_hostile_script_ends(piece: str) -> None:
    assert len(list(statements(piece * 20_000))) <= 401


CURLS = """# don't mind the quotes of comments
$ curl SERVER/items \\
    -H 'Authorization: Bearer live-1'  # it's live

curl -u me:live-2 SERVER/a -d "t=$TOKEN
2"
    curl SERVER/c && curl SERVER/d
ls -l
curl -d @data.txt SERVER/e
"""


def test_curl_lines_are_a_step_each_and_an_error_ends_the_sequence(server: Server) -> None:
    server.begin({"GET": {"json": 1}, "POST": {"status": 500}})
    found = read_file(CURLS.replace("SERVER", server.base))
    assert "live-" not in json.dumps(found.sequence)
    assert found.secrets == ("SECRET_TOKEN", "SECRET_TOKEN_2", "SECRET_PASSWORD")
    assert [(one.path, one.message[:14]) for one in found.left_out] == [
        ("line 5", "$TOKEN is a se"),
        ("line 8", "not taken over"),
        ("line 9", "not taken over"),
    ]
    ran = played(found, server)
    assert ran.error is not None
    assert ran.error.path == "1"
    assert [seen.path for seen in server.seen] == ["/items", "/a"]
    assert len(found.sequence["requests"]) == 4


@pytest.mark.parametrize(
    "text", ["curl\\\n", "curl '", 'curl "\\"', "curl $'\\", "curl x; " * 3000, "curl http://x\n" * 3000]
)
def test_hostile_curl_lines_end(text: str) -> None:
    with pytest.raises(NotImportable):
        read_file(text * (200_000 // len(text)))
