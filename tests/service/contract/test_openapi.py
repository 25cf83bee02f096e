"""The document that describes the service to tools."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.service.contract.answers import good
from tests.support.house import House

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
PARTS = {
    "openapi",
    "info",
    "jsonSchemaDialect",
    "servers",
    "paths",
    "webhooks",
    "components",
    "security",
    "tags",
    "externalDocs",
}
ROUTES = {
    "/user/create/": "post", "/user/token/": "post", "/user/manage/": "get put patch", "/user/logout/": "post",
    "/user/logout_all/": "post", "/user/logout_everyone/": "post", "/js/walker_run": "post", "/js/wapi/{name}": "get post",
    "/js_public/walker_callback/{nd}/{wlk}": "get post", "/js_public/walker_summon": "post", "/js/walker_list": "post",
    "/js/walker_get": "post", "/js/walker_queue_check": "get", "/js/walker_queue_wait": "get",
    "/js/walker_queue_cancel": "post", "/js/object_get": "post", "/js/object_set": "post", "/js/graph_create": "post",
    "/js/graph_list": "post", "/js/graph_active_get": "post", "/js/graph_get": "post", "/js/graph_active_set": "post",
    "/js/graph_delete": "post", "/js/alias_register": "post", "/js/alias_delete": "post", "/js/alias_list": "post",
    "/js/alias_clear": "post", "/js/sentinel_list": "post", "/js/sentinel_active_get": "post",
    "/js/sentinel_active_set": "post", "/js/master_self": "post", "/js_admin/master_allusers": "post",
    "/js_public/info": "get post",
}  # fmt: skip
PARAMETERS = {
    "/js/walker_run": "name nd ctx snt is_async delay eta priority",
    "/js_public/walker_summon": "key wlk nd ctx is_async",
    "/js/object_get": "obj depth detailed",
    "/js/graph_get": "gph mode detailed limit offset",
    "/js/walker_get": "wlk mode",
    "/js/alias_register": "name value",
    "/js_admin/master_allusers": "limit offset asc search",
    "/user/create/": "email password name is_superuser",
}


@pytest.fixture(scope="module")
def document(house: House) -> dict[str, Any]:
    """The document, as anybody gets it."""
    return dict(good(requests.get(f"{house.url}/openapi.json", timeout=30)))


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS & set(item):
            yield path, method, item[method]


def inside(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of a document."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from inside(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from inside(inner)


def test_it_says_what_it_is(document: dict[str, Any]) -> None:
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    assert set(document) <= PARTS
    assert document["info"]["title"]
    assert document["info"]["version"]


@pytest.mark.parametrize("path", ROUTES)
def test_it_names_every_route(document: dict[str, Any], path: str) -> None:
    assert METHODS & set(document["paths"][path]) == set(ROUTES[path].split())


@pytest.mark.parametrize("path", PARAMETERS)
def test_it_names_every_parameter(document: dict[str, Any], path: str) -> None:
    schema = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(PARAMETERS[path].split()) <= set(schema["properties"])


@pytest.mark.parametrize(
    ("path", "names"), [("/js/walker_queue_check", {"task_id"}), ("/js/walker_queue_wait", {"task_id", "timeout"})]
)
def test_it_names_every_parameter_of_a_get(document: dict[str, Any], path: str, names: set[str]) -> None:
    parameters = document["paths"][path]["get"]["parameters"]
    assert {parameter["name"] for parameter in parameters if parameter["in"] == "query"} == names


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/user/create/", "201"),
        ("/user/logout/", "204"),
        ("/user/logout_all/", "204"),
        ("/user/logout_everyone/", "204"),
        ("/js/walker_queue_cancel", "409"),
    ],
)
def test_it_names_the_statuses_that_differ(document: dict[str, Any], path: str, status: str) -> None:
    assert status in document["paths"][path]["post"]["responses"]


def test_no_two_operations_share_an_id(document: dict[str, Any]) -> None:
    ids = Counter(operation["operationId"] for _, _, operation in operations(document))
    assert [name for name, number in ids.items() if number > 1] == []


def test_every_operation_has_answers_with_a_description(document: dict[str, Any]) -> None:
    for _, _, operation in operations(document):
        assert operation["responses"]
        for status, response in operation["responses"].items():
            assert re.fullmatch(r"[1-5](\d\d|XX)|default", status)
            assert "description" in response or "$ref" in response


def test_every_part_of_a_path_is_a_parameter(document: dict[str, Any]) -> None:
    for path, _, operation in operations(document):
        declared = {
            one["name"] for one in operation.get("parameters", []) if one["in"] == "path" and one["required"] is True
        }
        assert declared == set(re.findall(r"{(\w+)}", path)), path


def test_every_parameter_has_a_place_and_a_schema(document: dict[str, Any]) -> None:
    for path, _, operation in operations(document):
        places = [(one["name"], one["in"]) for one in operation.get("parameters", [])]
        assert len(places) == len(set(places)), path
        assert {place for _, place in places} <= {"query", "path", "header", "cookie"}
        assert all("schema" in one or "content" in one for one in operation.get("parameters", []))


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in [one["$ref"] for one in inside(document) if isinstance(one.get("$ref"), str)]:
        found: Any = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        assert found


def test_every_scheme_of_security_is_declared(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    used = {name for _, _, operation in operations(document) for one in operation.get("security", []) for name in one}
    assert used
    assert used <= set(schemes)
    assert all(scheme["type"] in ("apiKey", "http", "oauth2", "openIdConnect") for scheme in schemes.values())


def test_every_required_property_is_declared(document: dict[str, Any]) -> None:
    for schema in inside(document):
        if isinstance(schema.get("required"), list) and isinstance(schema.get("properties"), dict):
            assert set(schema["required"]) <= set(schema["properties"])


def test_a_public_route_needs_no_token(document: dict[str, Any]) -> None:
    for path, _, operation in operations(document):
        if path.startswith("/js_public/"):
            assert not operation.get("security", document.get("security"))


def test_a_general_route_needs_a_token(document: dict[str, Any]) -> None:
    for path, _, operation in operations(document):
        if path.startswith(("/js/", "/js_admin/")):
            assert operation.get("security", document.get("security")), path


def test_info_tells_what_is_running(house: House) -> None:
    told = good(requests.get(f"{house.url}/js_public/info", timeout=30))
    assert set(told) == {"Version", "Creator", "URL"}
    assert told == good(requests.post(f"{house.url}/js_public/info", timeout=30))
