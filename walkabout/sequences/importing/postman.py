"""Makes a sequence of a Postman collection (format v2.1 or v2.0) and an environment."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import sequence as language
from sequence.language.keys import FRAMING
from walkabout.sequences.importing.assertions import read_script
from walkabout.sequences.importing.draft import ImportedSequence, NotImportable, SequenceDraft

DYNAMIC = {
    **dict.fromkeys(("$guid", "$randomUUID"), "{{uuid}}"),
    "$timestamp": "{{= $floor($millis() / 1000) }}",
    "$isoTimestamp": "{{now}}",
}
_FOLDERS = 20
_TYPES = {"json": "application/json", "xml": "application/xml", "html": "text/html", "text": "text/plain"}
_BARE = re.compile(r"\"(?:[^\"\\]|\\.)*\"|\{\{[^{}]{1,200}\}\}")
_PATH_VARIABLE = re.compile(r"(?<=/):([A-Za-z_][\w-]*)")

Json = Mapping[str, Any]


def is_collection(value: object) -> bool:
    """Whether this is a collection."""
    return isinstance(value, Mapping) and isinstance(value.get("item"), list) and isinstance(value.get("info"), Mapping)


def read_collection(collection: Json, environment: Json | None = None) -> ImportedSequence:
    """The sequence of a collection; values of the environment go before those of the collection. Raises NotImportable."""
    values = dict(_pairs(collection.get("variable"))) | dict(_pairs((environment or {}).get("values")))
    draft = SequenceDraft(values=values, dynamic=DYNAMIC)
    requests = list(_requests(collection, "", collection.get("auth"), _FOLDERS))
    # What scripts save has to be known before the first use of it.
    scout = SequenceDraft(values=dict(values), dynamic=DYNAMIC)
    for _, place, _, events in requests:
        for script in (*_scripts(events, "test"), *_scripts(events, "prerequest")):
            read_script(script, scout, place)
    draft.saved |= scout.saved
    for item, place, auth, events in requests:
        _add_request(draft, item, place, auth, events)
    return draft.done(cookies=True)


def _requests(folder: Json, place: str, auth: Any, levels: int) -> Iterator[tuple[Json, str, Any, list[Json]]]:
    """The requests below a folder: each with its place, the auth that holds for it, and its events and those around it."""
    if levels == 0:
        raise NotImportable(f"{place}: folders are nested more than {_FOLDERS} deep")
    own = [event for event in _list(folder.get("event")) if isinstance(event, Mapping)]
    for number, item in enumerate(_list(folder.get("item"))):
        if not isinstance(item, Mapping):
            continue
        name = str(item.get("name") or number)[:100]
        where = f"{place} / {name}" if place else name
        inherited = item.get("auth") or auth
        if isinstance(item.get("item"), list):
            for request, below, its_auth, events in _requests(item, where, inherited, levels - 1):
                yield request, below, its_auth, [*own, *events]
        elif item.get("request") is not None:
            yield (
                item,
                where,
                inherited,
                [*own, *(event for event in _list(item.get("event")) if isinstance(event, Mapping))],
            )


def _add_request(draft: SequenceDraft, item: Json, place: str, auth: Any, events: list[Json]) -> None:
    request = item["request"]
    request = request if isinstance(request, Mapping) else {"method": "GET", "url": str(request)}
    before: dict[str, Any] = {}
    for script in _scripts(events, "prerequest"):
        before |= read_script(script, draft, place).saves
    if before:
        draft.add({"name": f"{place} (before)", "set": before}, place)
    method = str(request.get("method") or "GET").upper()
    step: dict[str, Any] = {"name": place, "method": method} | _address(draft, request.get("url"), place)
    header = _header(draft, request.get("header"), place)
    step |= _body(draft, request.get("body"), header, place) or ({"text": ""} if method == "POST" else {})
    if method in ("GET", "HEAD") and step.get("text") == "":
        del step["text"]
    _sign(draft, step, header, request.get("auth") or auth, place)
    if header:
        step["header"] = header
    draft.add(step, place)
    _judge(draft, step, events, place)


def _judge(draft: SequenceDraft, step: dict[str, Any], events: list[Json], place: str) -> None:
    statuses: list[Any] = []
    expected: list[Any] = []
    saves: dict[str, Any] = {}
    for script in _scripts(events, "test"):
        outcome = read_script(script, draft, place)
        statuses += [status for status in outcome.statuses if status not in statuses]
        expected += [entry for entry in outcome.expected if entry not in expected]
        saves |= outcome.saves
    if statuses:
        step["ok"] = statuses if len(statuses) > 1 else statuses[0]
    if saves:
        step["set"] = saves
    if expected:
        step["expect"] = expected


def _address(draft: SequenceDraft, url: Any, place: str) -> dict[str, Any]:
    if not isinstance(url, Mapping):
        return {"api": draft.text(str(url or ""), place)}
    raw = str(url.get("raw") or _joined(url))
    given = [one for one in _list(url.get("query")) if isinstance(one, Mapping)]
    variables = dict(_pairs(url.get("variable")))
    base = raw.partition("?")[0] if given else raw

    def put(match: re.Match[str]) -> str:
        return variables.get(match[1], match[0])

    address = {"api": draft.text(_PATH_VARIABLE.sub(put, base), place)}
    query: dict[str, Any] = {}
    for one in given:
        if not one.get("disabled") and one.get("key"):
            _append(
                query, draft.text(str(one["key"])), draft.guarded(str(one["key"]), str(one.get("value") or ""), place)
            )
    return address | ({"query": query} if query else {})


def _joined(url: Json) -> str:
    host = (
        ".".join(map(str, _list(url.get("host")))) if isinstance(url.get("host"), list) else str(url.get("host") or "")
    )
    path = url.get("path")
    joined = "/".join(str(part.get("value") if isinstance(part, Mapping) else part) for part in _list(path))
    scheme = f"{url['protocol']}://" if url.get("protocol") else ""
    port = f":{url['port']}" if url.get("port") else ""
    return f"{scheme}{host}{port}/{joined if isinstance(path, list) else path or ''}"


def _header(draft: SequenceDraft, given: Any, place: str) -> dict[str, str]:
    header: dict[str, str] = {}
    for one in _list(given):
        if not isinstance(one, Mapping) or one.get("disabled") or not one.get("key"):
            continue
        name, value = str(one["key"]), str(one.get("value") or "")
        if name.lower() in [framing.lower() for framing in FRAMING]:
            continue
        text = draft.guarded(name, value, place)
        header[draft.text(name)] = f"{header[name]}, {text}" if name in header else text
    return header


def _body(draft: SequenceDraft, body: Any, header: dict[str, str], place: str) -> dict[str, Any]:
    if not isinstance(body, Mapping) or body.get("disabled"):
        return {}
    mode = body.get("mode")
    content = body.get(str(mode))
    if mode == "raw" and isinstance(content, str):
        return _raw(draft, content, body, header, place)
    if mode == "urlencoded":
        form: dict[str, Any] = {}
        for key, value in _pairs(content):
            _append(form, draft.text(key), draft.guarded(key, value, place))
        return {"form": form}
    if mode == "formdata":
        return _multipart(draft, content, place)
    if mode == "graphql" and isinstance(content, Mapping):
        variables = _relaxed(str(content.get("variables") or "{}"))
        sent: dict[str, Any] = {"query": draft.text(str(content.get("query") or ""), place)}
        return {"body": sent | ({"variables": draft.value(variables, place)} if variables else {})}
    if mode == "file":
        draft.leave_out(place, "the body is a file that is not here: put its bytes into base64")
        return {"base64": ""}
    return {}


def _raw(draft: SequenceDraft, text: str, body: Json, header: dict[str, str], place: str) -> dict[str, Any]:
    options = body.get("options")
    raw = options.get("raw") if isinstance(options, Mapping) else None
    told = str(raw.get("language") or "") if isinstance(raw, Mapping) else ""
    kind = next((value for name, value in header.items() if name.lower() == "content-type"), "")
    if "json" in (told or kind).lower() or (not told and not kind and text.lstrip()[:1] in ("{", "[")):
        value = _relaxed(text)
        if value is not None:
            return {"body": draft.value(value, place)}
    if not text:
        return {}
    if not kind and told in _TYPES:
        header["Content-Type"] = _TYPES[told]
    return {"text": draft.text(text, place)}


def _relaxed(text: str) -> Any:
    """The value of JSON in which variables stand also where values do; None when it is none."""

    def quote(match: re.Match[str]) -> str:
        return match[0] if match[0].startswith('"') else f'"{match[0]}"'

    try:
        return language.read(_BARE.sub(quote, text)).value
    except language.BadText:
        return None


def _multipart(draft: SequenceDraft, content: Any, place: str) -> dict[str, Any]:
    form: dict[str, Any] = {}
    files: dict[str, Any] = {}
    for one in _list(content):
        if not isinstance(one, Mapping) or one.get("disabled") or not one.get("key"):
            continue
        key = str(one["key"])
        if one.get("type") != "file":
            _append(form, draft.text(key), draft.guarded(key, str(one.get("value") or ""), place))
            continue
        for source in _list(one.get("src")) if isinstance(one.get("src"), list) else [one.get("src")]:
            name = str(source or key).replace("\\", "/").rpartition("/")[2]
            draft.leave_out(place, f"the file {name} is not here: put its bytes into base64")
            _append(files, draft.text(key), {"name": name, "base64": ""})
    return {"files": files} | ({"form": form} if form else {})


def _sign(draft: SequenceDraft, step: dict[str, Any], header: dict[str, str], auth: Any, place: str) -> None:
    kind = auth.get("type") if isinstance(auth, Mapping) else None
    if kind in (None, "noauth"):
        return
    given = auth.get(kind)
    row = dict(_pairs(given)) if isinstance(given, list) else {k: str(v) for k, v in (given or {}).items()}
    if kind == "bearer":
        step["auth"] = {"bearer": draft.guarded("token", row.get("token", ""), place)}
    elif kind == "basic":
        user, password = (
            draft.text(row.get("username", ""), place),
            draft.guarded("password", row.get("password", ""), place),
        )
        step["auth"] = {"basic": [user, password]}
    elif kind == "apikey":
        name, value = row.get("key", ""), draft.guarded("api_key", row.get("value", ""), place)
        if row.get("in") == "query":
            step.setdefault("query", {})[name] = value
        else:
            header[name] = value
    elif (
        kind == "oauth2"
        and row.get("grant_type", "client_credentials") == "client_credentials"
        and row.get("accessTokenUrl")
    ):
        grant = {"token_url": draft.text(row["accessTokenUrl"]), "client_id": draft.text(row.get("clientId", ""))}
        grant["client_secret"] = draft.guarded("client_secret", row.get("clientSecret", ""), place)
        grant |= {"scope": draft.text(row["scope"])} if row.get("scope") else {}
        grant |= {"in": "body"} if row.get("client_authentication") == "body" else {}
        step["auth"] = {"oauth2": grant}
    elif kind == "oauth2" and row.get("accessToken"):
        step["auth"] = {"bearer": draft.guarded("token", row["accessToken"], place)}
    else:
        draft.leave_out(place, f"auth of the type {str(kind)[:40]} can't be said; see auth in docs/sequences.md")


def _scripts(events: list[Json], listen: str) -> Iterator[str]:
    for event in events:
        script = event.get("script")
        lines = script.get("exec") if isinstance(script, Mapping) else None
        if event.get("listen") == listen and lines:
            yield "\n".join(map(str, lines)) if isinstance(lines, list) else str(lines)


def _pairs(given: Any) -> Iterator[tuple[str, str]]:
    """Names and values of a list of variables or parameters, those that are on; or of an object."""
    if isinstance(given, Mapping):
        yield from ((str(key), str(value)) for key, value in given.items())
        return
    for one in _list(given):
        if isinstance(one, Mapping) and not one.get("disabled") and one.get("enabled") is not False:
            key = one.get("key", one.get("id"))
            if key:
                value = one.get("value")
                yield str(key), "" if value is None else value if isinstance(value, str) else variable_text(value)


def variable_text(value: Any) -> str:
    """A value of a variable as Postman puts it into a text."""
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _append(target: dict[str, Any], name: str, value: Any) -> None:
    """A field more; one that is there already becomes a list."""
    if name not in target:
        target[name] = value
    else:
        target[name] = [*(target[name] if isinstance(target[name], list) else [target[name]]), value]


def _list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []
