"""Renders docs/routes.md from the registry."""

from collections.abc import Mapping

from walkabout.api.registry import ADMIN, GENERAL, PUBLIC, Api, ContextParam, ObjectParam, Param, SwitchParam
from walkabout.walking.values import type_name

_HEAD = """# The routes

Made by `flask --app app handbook` from the declarations of the APIs; a test compares. The same for programs: `/openapi.json`.

`/js/<api>` asks as the master whose token is in the header `Authorization: token <token>`, `/js_admin/<api>` as an admin,
`/js_public/<api>` as nobody. Parameters stand in a JSON body, a form, multipart fields, the query or the path: path over
query over body. Errors are `{"success": false, "errors": [...], "response": the first of them}`; routes under `/user/` name
the field instead: `{"email": ["..."]}`.

`idempotency_key`, which may also stand in the header `Idempotency-Key`, lets a request be sent again without queuing a second
job ([jobs.md](jobs.md#idempotency-keys)).

An empty text for an optional parameter counts as not given, unless the text is stored (a description, a note, a name). A
parameter that is not listed is refused, but for some that clients of Jaseci send along with everything.
"""
_AUDIENCES = {PUBLIC: "For everybody", GENERAL: "For masters", ADMIN: "For admins"}


def as_markdown(apis: Mapping[str, Api]) -> str:
    """The page: a heading for each API, what it does, and its parameters."""
    parts = [_HEAD]
    for audience, title in _AUDIENCES.items():
        parts.append(f"## {title}\n")
        parts.extend(_section(api) for _, api in sorted(apis.items()) if api.audience == audience)
    return "\n".join(parts)


def _section(api: Api) -> str:
    path = next(path for audience, path in api.paths() if audience == api.audience)
    lines = [f"### {api.name}", "", f"`{', '.join(api.methods)} {path}`", "", " ".join(api.doc.split()), ""]
    if api.params:
        lines += ["| parameter | type | |", "|---|---|---|"]
        lines += [f"| `{param.name}` | {_type(param)} | {_default(param)} |" for param in api.params.values()]
        lines.append("")
    return "\n".join(lines)


def _type(param: Param) -> str:
    if isinstance(param.how, ObjectParam):
        return f"jid or alias of a {param.how.kind}"
    if isinstance(param.how, ContextParam):
        return "object, or JSON text of one"
    if isinstance(param.how, SwitchParam):
        return "bool"
    return type_name(param.type).replace("|", "or")


def _default(param: Param) -> str:
    if param.required:
        return "required"
    return "" if param.default in (None, {}, "") else f"default `{param.default}`"
