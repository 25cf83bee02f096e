"""Renders the OpenAPI 3.1 document from the registry."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from walkabout.api.about import URL, VERSION
from walkabout.api.registry import PUBLIC, Api, ContextParam, ObjectParam, Param, SwitchParam

_ERROR = {
    "type": "object",
    "properties": {
        "success": {"const": False},
        "errors": {"type": "array", "items": {"type": "string"}},
        "response": {"type": "string", "description": "the first of the errors"},
        "detail": {"type": "string"},
    },
}
_FIELD_ERRORS = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}


def document(apis: Mapping[str, Api]) -> dict[str, Any]:
    """The document of all APIs at all of their paths."""
    paths: dict[str, dict[str, Any]] = {}
    for api in apis.values():
        for audience, path in api.paths():
            paths[path] = {method.lower(): _operation(api, audience, path, method) for method in api.methods}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Walkabout",
            "version": VERSION,
            "summary": "Walkers, jobs and sequences",
            "contact": {"url": URL},
        },
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`token <token>`; POST /user/token/ gives one. `Bearer <token>` works too.",
                }
            },
            "schemas": {"Error": _ERROR, "FieldErrors": _FIELD_ERRORS},
        },
    }


def _operation(api: Api, audience: str, path: str, method: str) -> dict[str, Any]:
    in_path = set(re.findall(r"{(\w+)}", path))
    summary, _, rest = api.doc.partition("\n")
    operation: dict[str, Any] = {
        "operationId": f"{audience}_{api.name}_{method.lower()}",
        "summary": summary,
        "tags": [audience],
        "parameters": [_in_path(api.params[name]) for name in api.params if name in in_path],
        "responses": _responses(api, audience),
    }
    if rest.strip():
        operation["description"] = " ".join(rest.split())
    if audience != PUBLIC:
        operation["security"] = [{"token": []}]
    params = [param for name, param in api.params.items() if name not in in_path]
    if method == "GET":
        operation["parameters"] += [_in_query(param) for param in params]
    elif params:
        operation["requestBody"] = _body(params, is_loose=api.loose)
    return operation


def _body(params: list[Param], *, is_loose: bool = False) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {param.name: _schema(param) for param in params},
        "additionalProperties": is_loose,
    }
    required = [param.name for param in params if param.required]
    if required:
        schema["required"] = required
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if any(isinstance(param.how, ContextParam) for param in params):
        content["multipart/form-data"] = {"schema": {**schema, "additionalProperties": True}}
    return {"required": bool(required), "content": content}


def _in_path(param: Param) -> dict[str, Any]:
    return {"name": param.name, "in": "path", "required": True, "schema": _schema(param)}


def _in_query(param: Param) -> dict[str, Any]:
    return {"name": param.name, "in": "query", "required": param.required, "schema": _schema(param)}


def _schema(param: Param) -> dict[str, Any]:
    if isinstance(param.how, SwitchParam):
        schema: dict[str, Any] = {"type": "boolean"}
    elif isinstance(param.how, ContextParam):
        schema = {"type": "object", "description": "the walker's fields"}
    elif isinstance(param.how, ObjectParam):
        schema = {"type": "string", "description": f"jid or alias of a {param.how.kind}"}
    else:
        schema = dict(msgspec.json.schema(param.type))
    if not param.required and param.default not in (None, {}):
        schema["default"] = param.default
    return schema


def _responses(api: Api, audience: str) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "done"}
    if api.status != 204:
        done["content"] = {"application/json": {}}
    responses = {str(api.status): done}
    for status, text in _REFUSALS.items():
        if (status == 401 and audience == PUBLIC and not api.asks_who) or (status == 409 and not api.conflicts):
            continue
        schema: dict[str, Any] = {"$ref": "#/components/schemas/Error"}
        if status in (400, 429) and api.path.startswith("/user/"):
            # A body that can't be read has no fields.
            schema = {"anyOf": [schema, {"$ref": "#/components/schemas/FieldErrors"}]}
        responses[str(status)] = {"description": text, "content": {"application/json": {"schema": schema}}}
    return responses


_REFUSALS = {
    400: "a parameter is missing, unknown or invalid",
    401: "no token, or an invalid one",
    403: "not allowed",
    404: "does not exist, or is not yours",
    409: "something else changed it first, or it has already ended",
    413: "the body is larger than a setting allows",
    415: "the body is of a type that can't be read",
    429: "too many requests, or more than this person's share; Retry-After says when to try again",
    500: "an internal error; the log has its id",
    503: "too busy, or the database can't be written; Retry-After says when to try again",
}
