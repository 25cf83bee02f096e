"""Turns a resolved step into the request to send: what each key does to the bytes."""

import base64
import hashlib
import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from urllib3.filepost import encode_multipart_formdata

from sequence.errors import StepError
from sequence.json_values import Json, as_text, excerpt, wire
from sequence.language import keys
from sequence.problems import Problem
from sequence.senders.base import REPEATABLE, StepRequest
from sequence.settings import SequenceLimits

FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
BYTES = "application/octet-stream"
_BODILESS = ("GET", "HEAD", "TRACE")
_BOUNDARY = re.compile(r";\s*boundary=(?:\"([^\"]{1,70})\"|([^\s;\"]{1,70}))", re.IGNORECASE)


def request_of(step: Mapping[str, Json], path: str, seed: str, limits: SequenceLimits) -> StepRequest:
    """The request of a resolved step. Raises StepError that names the key, what it got and what would be right."""
    unfit = keys.unfit(keys.STEP, step)
    if unfit is not None:
        raise StepError(str(unfit))
    _check_auth(step.get("auth"))
    method = _require(step, "method").upper()
    url = _require(step, "api")
    timeout_s = float(step.get("timeout") or limits.request_s)
    if method == "JAC":
        body = step.get("body")
        master = step.get("master") or None
        body = {} if body is None else body
        return StepRequest(
            path=path,
            method=method,
            url=url,
            header={},
            content=None,
            body=body,
            timeout_s=timeout_s,
            repeatable=_repeat(step),
            master=master,
        )
    header = _header(step)
    given = next((name for name in header if name.lower() == "content-type"), None)
    content, body, content_type = _content(step, method, f"{seed}|{path}", header.get(given or "", ""))
    if content is not None and len(content) > limits.request_bytes:
        raise StepError(f"the body has {len(content)} bytes; the limit is {limits.request_bytes}")
    if content_type and (given is None or is_type(content_type, MULTIPART)):
        header[given or "Content-Type"] = content_type
    return StepRequest(
        path=path,
        method=method,
        url=_url(url, step.get("query")),
        header=header,
        content=content,
        body=body,
        timeout_s=timeout_s,
        redirects=step.get("redirects") is not False,
        verify=step.get("verify") is not False,
        repeatable=method in REPEATABLE or _repeat(step),
        parse=step.get("parse"),
    )


def _repeat(step: Mapping[str, Json]) -> bool:
    return step.get("repeat") is True


def _require(step: Mapping[str, Json], name: str) -> str:
    value = step.get(name)
    if not isinstance(value, str) or not value:
        raise StepError(str(Problem(name, keys.STEP[name].kind.refusal(name, value))))
    return value


def _header(step: Mapping[str, Json]) -> dict[str, str]:
    header = {name: as_text(value) for name, value in (step.get("header") or {}).items() if value is not None}
    auth = step.get("auth")
    if auth:
        header = {name: value for name, value in header.items() if name.lower() != "authorization"}
        if "oauth2" not in auth:
            header["Authorization"] = _authorization(auth)
    return header


def _authorization(auth: Mapping[str, Json]) -> str:
    if "bearer" in auth:
        return f"Bearer {as_text(auth['bearer'])}"
    user, password = map(as_text, auth["basic"])
    return "Basic " + base64.b64encode(_bytes(f"{user}:{password}")).decode()


def _check_auth(auth: Json) -> None:
    """Raises StepError for what templates made of `auth`, where nothing can be signed with it."""
    table, given, path = keys.AUTH_KEYS, auth, "auth"
    while isinstance(given, Mapping):
        owner = path.rpartition(".")[2]
        unknown = [name for name in given if name not in table]
        lacking = [name for name in keys.REQUIRED.get(owner, list(given)) if given.get(name) in (None, "")]
        unfit = None if unknown or lacking else keys.unfit(table, given)
        if unknown or lacking:
            raise StepError(f"{path}.{(unknown + lacking)[0]}: {'unknown' if unknown else 'is empty'}")
        if unfit is not None:
            raise StepError(str(unfit.within(path)))
        table, given, path = keys.OAUTH2_KEYS, given.get("oauth2"), f"{path}.oauth2"


def _url(url: str, query: Mapping[str, Json] | None) -> str:
    if not query:
        return url
    pairs = [(name, as_text(item)) for name, value in query.items() for item in _each(value) if item is not None]
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise StepError(f"api: {excerpt(url)} is not a URL: {error}") from None
    joined = "&".join(piece for piece in (parts.query, urlencode(pairs, errors="replace", quote_via=quote)) if piece)
    return urlunsplit(parts._replace(query=joined))


def _each(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _content(
    step: Mapping[str, Json], method: str, boundary_source: str, given_type: str
) -> tuple[bytes | None, Json, str]:
    """The body's bytes, the same for people, and its content type. `given_type`: the one that stands in the header."""
    if method in _BODILESS:
        return None, None, ""
    if step.get("files") is not None or (is_type(given_type, MULTIPART) and step.get("form") is not None):
        kind = given_type.strip()
        return _multipart(step.get("files") or {}, step.get("form") or {}, boundary_source, kind)
    if step.get("form") is not None:
        return form_text(step["form"]).encode(), step["form"], FORM
    if step.get("text") == "":
        return None, None, ""  # no body, and nothing that would have a type
    if step.get("text") is not None:
        return _bytes(step["text"]), step["text"], "text/plain; charset=utf-8"
    if step.get("base64") is not None:
        return _raw_bytes(step["base64"])
    body = step.get("body")
    if body is None:
        # The original sends {} for a POST without a body; a null (a reference that found nothing) is the same.
        return (b"{}", {}, "application/json") if method == "POST" else (None, None, "")
    return wire(body).encode("ascii"), body, "application/json"


def form_text(form: Mapping[str, Json]) -> str:
    """The fields of a form as it is sent (application/x-www-form-urlencoded); a list is a field several times."""
    pairs = [(name, as_text(item)) for name, value in form.items() for item in _each(value) if item is not None]
    return urlencode(pairs, errors="replace")


def is_type(content_type: str, kind: str) -> bool:
    """Whether a Content-Type is of a kind, whatever its parameters."""
    return content_type.strip().lower().startswith(kind)


def _multipart(
    files: Mapping[str, Json], form: Mapping[str, Json], source: str, given_type: str
) -> tuple[bytes, Json, str]:
    fields: list[tuple[str, str | tuple[str, bytes] | tuple[str, bytes, str]]] = []
    for name, value in form.items():
        fields += [(name, as_text(item)) for item in _each(value) if item is not None]
    for name, value in files.items():
        fields += [(name, _file(name, item)) for item in _each(value)]
    # Not a random boundary: a request that is sent again has to be the same byte for byte.
    given = _BOUNDARY.search(given_type)
    boundary = given[1] or given[2] if given else hashlib.sha256(source.encode()).hexdigest()[:32]
    try:
        content, content_type = encode_multipart_formdata(fields, boundary=boundary)
    except UnicodeError as error:
        raise StepError(
            f"files: can't be written in UTF-8: {error.reason if hasattr(error, 'reason') else error}"
        ) from None
    if is_type(given_type, MULTIPART):
        content_type = given_type if given else f"{given_type.rstrip('; ')}; boundary={boundary}"
    return content, {**form, **files}, content_type


def _file(name: str, value: Json) -> tuple[str, bytes, str]:
    """A file as it stands in a multipart body: its name, its bytes, its type."""
    file = {"text": value} if isinstance(value, str) else value
    content = _bytes(file["text"]) if "text" in file else _decode(file["base64"], f"files.{name}.base64")
    return file.get("name") or name, content, file.get("type") or BYTES


def _raw_bytes(value: Json) -> tuple[bytes | None, Json, str]:
    """The body that `base64` stands for; an object says its type."""
    file = {"base64": value} if isinstance(value, str) else value
    return _decode(file["base64"], "base64") or None, {"base64": file["base64"]}, file.get("type") or BYTES


def _decode(text: str, path: str) -> bytes:
    """The bytes of Base64 (RFC 4648, 4), which may be broken into lines (RFC 2045, 6.8). Raises StepError."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError as error:
        raise StepError(f"{path}: {error}") from None


def _bytes(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise StepError("a text has half of a surrogate pair, which UTF-8 can't write") from None
