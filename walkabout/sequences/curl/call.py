"""Turns a parsed curl command into a step, or refuses it with the reason."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from sequence.json_values import wire
from sequence.language import keys
from sequence.language.methods import JAC, is_method
from sequence.senders.urls import is_sent_as_written
from walkabout import json_text
from walkabout.masking import is_telling
from walkabout.sequences.curl import options
from walkabout.sequences.curl.form import FormParts
from walkabout.sequences.curl.refused import NotACall
from walkabout.sequences.curl.shell import MARK, MARK_END, VARIABLE, read_command

COMMAND_MOST = 131_072  # characters; browsers copy long cookies, but no more than that
_FORM, _JSON, _MULTIPART = "application/x-www-form-urlencoded", "application/json", "multipart/form-data"
_DATA = ("-d", "--data", "--data-ascii", "--data-raw", "--data-binary", "--data-urlencode", "--json")
_NOWHERE = ("/dev/null", "-")
# Headers that our requests always have: curl can leave them out, a step can't.
_ALWAYS = ("accept", "content-type", "host")
_FRAMING = [name.lower() for name in keys.FRAMING]


@dataclass(frozen=True)
class CurlStep:
    """The step of a curl call, and what whoever pastes it should know."""

    step: dict[str, Any]
    hints: tuple[str, ...] = ()
    minds_status: bool = False
    """Whether an error status makes curl itself fail (-f): else it has done its work when an answer came."""
    saves_to: str = ""
    """The file to which the answer was to go."""


def step_of(command: str) -> CurlStep:
    """The step of a shell command that is one curl call. Raises NotACall."""
    if len(command) > COMMAND_MOST:
        raise NotACall(f"it is longer than {COMMAND_MOST} characters; write the step by hand")
    read = read_command(command)
    words = read.words
    if not words or program_of(words[0]) != "curl":
        raise NotACall(f'"{words[0] if words else ""}" is not curl; only curl calls become sequences')
    found = step_of_words(words[1:])
    if not read.piped_to:
        return found
    return replace(found, hints=(f"what follows the | is left out: {read.piped_to[:80]}", *found.hints))


def program_of(word: str) -> str:
    """The name of the program that a command begins with."""
    return re.split(r"[/\\\\]", word)[-1].removesuffix(".exe")


def step_of_words(words: list[str]) -> CurlStep:
    """The step of what stands behind the word `curl`. Raises NotACall."""
    if any("{{" in word for word in words):
        raise NotACall("it holds {{, which begins a reference in sequences")
    call, read = _Call(), options.read_options(words)
    for option, value in read:
        call.take(option, value)
    step = call.step()
    names = dict.fromkeys(VARIABLE.findall(json_text.write(step)))
    return CurlStep(
        _with_variables(step),
        (*call.hints, *map(_hint_of, names)),
        minds_status=any(option in options.FAILS for option, _ in read),
        saves_to=next((_file(option, value, call.url) for option, value in read if option in options.SAVES), ""),
    )


def _file(option: str, value: str, url: str) -> str:
    """The file that an option names; -O calls it as the path of the URL ends."""
    if options.has_value(option):
        return "" if value in _NOWHERE else value
    return urlsplit(url).path.rpartition("/")[2] or "index.html"


def _root(name: str) -> str:
    return "secret" if is_telling(name) else "env"


def _hint_of(name: str) -> str:
    if _root(name) == "secret":
        return f"${name} is a secret: set SECRET_{name} in the environment of the worker"
    return f"${name} is read from the environment of the worker: allow it by the setting SEQUENCE_ENV"


def _with_variables(value: Any) -> Any:
    if isinstance(value, str):
        return VARIABLE.sub(lambda name: f"{{{{{_root(name[1])}.{name[1]}}}}}", value) if MARK in value else value
    if isinstance(value, dict):
        return {_with_variables(key): _with_variables(item) for key, item in value.items()}
    return [_with_variables(item) for item in value] if isinstance(value, list) else value


@dataclass
class _Call:
    """What has been read of a call."""

    url: str = ""
    method: str = ""
    is_head: bool = False
    is_get: bool = False
    follows: bool = False
    globs: bool = True
    as_it_is: bool = False
    header: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """How the headers are written, by their names in lower case."""
    removed: set[str] = field(default_factory=set)
    cookies: list[str] = field(default_factory=list)
    data: str | None = None
    is_json: bool = False
    query: list[str] = field(default_factory=list)
    parts: FormParts = field(default_factory=FormParts)
    user: str = ""
    bearer: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    hints: list[str] = field(default_factory=list)

    def take(self, option: str, value: str) -> None:
        """Read one option. Raises NotACall."""
        if option in options.IDLE:
            return
        if option == "":
            self.set_url(value)
        elif option in _DATA:
            self.add_data(option, value)
        elif option in _READERS:
            _READERS[option](self, value)
        else:
            raise options.refusal(option)

    def set_url(self, url: str) -> None:
        if self.url:
            raise NotACall("it calls more than one URL; write a line for each")
        self.url = url if "://" in url else f"http://{url}"

    def set_header(self, line: str) -> None:
        """curl(1): `Name: value`; `Name:` removes one that curl would send; `Name;` sends it empty."""
        if line.startswith("@"):
            raise NotACall(f"the headers come from a file ({line}), which a step can't read")
        name, separator, value = line.partition(":")
        name, value = name.strip(), value.strip()
        if not separator and line.rstrip().endswith(";"):
            name, value = line.rstrip()[:-1].strip(), ""
        elif not separator:
            raise NotACall(f'header "{line}" is not "Name: value"')
        elif not value:
            if name.lower() in _ALWAYS:
                self.removed.add(name.lower())
            return
        self.add_header(name, value)

    def add_header(self, name: str, value: str) -> None:
        """Lines of one name are one header (RFC 9110, 5.3)."""
        written = self.names.setdefault(name.lower(), name)
        if written not in self.header:
            self.header[written] = value
        else:
            self.header[written] += ("; " if name.lower() == "cookie" else ", ") + value

    def given(self, name: str) -> str | None:
        """The value of a header that was given."""
        return self.header.get(self.names.get(name, ""))

    def add_data(self, option: str, text: str) -> None:
        """Another piece of the body; pieces of --json follow each other, the others are joined by &."""
        if option == "--data-urlencode":
            text = _urlencode(text)
        elif text.startswith("@") and option != "--data-raw":
            raise NotACall(
                f"the data come from a file ({text}), which a step can't read; put its content into the step"
            )
        glue = "&" if self.data and option != "--json" else ""
        self.data = (self.data or "") + glue + text
        self.is_json = self.is_json or option == "--json"

    def set_cookie(self, text: str) -> None:
        """curl(1), -b: without = it is the name of a file."""
        if "=" in text:
            self.cookies.append(text)
        elif text:
            raise NotACall(f"the cookies come from a file ({text}), which a step can't read")

    def set_user(self, text: str) -> None:
        if ":" not in text:
            raise NotACall("-u has no password; curl would ask for it")
        self.user = text

    def set_number(self, key: str, text: str) -> None:
        try:
            number = float(text)
        except ValueError:
            raise NotACall(f'"{text}" is not a number') from None
        if not isfinite(number):
            raise NotACall(f'"{text}" is not a number')
        if key == "retry":
            self.more[key] = {"attempts": int(number) + 1}
        elif number > 0:
            self.more[key] = number

    def step(self) -> dict[str, Any]:
        """The step. Raises NotACall."""
        if not self.url:
            raise NotACall("it calls no URL")
        self._check()
        sends = (self.data is not None and not self.is_get) or bool(self.parts)
        method = self.method or ("HEAD" if self.is_head else "POST" if sends else "GET")
        if not is_method(method) or method == JAC:
            raise NotACall(f"the method {method} has no equivalent in a step")
        if sends and method in ("GET", "HEAD"):
            raise NotACall(f"it sends a body with {method}, which a step does not; use -G, or another method")
        step: dict[str, Any] = {"method": method, "api": self._url()}
        step |= self._content() if sends else {"text": ""} if method == "POST" else {}
        self._sign(step)
        if self.cookies and self.given("cookie") is None:
            self.add_header("Cookie", ";".join(self.cookies))
        if self.header:
            step["header"] = self.header
        return step | self.more | ({} if self.follows else {"redirects": False})

    def _check(self) -> None:
        if self.parts and self.data is not None:
            raise NotACall("it has data (-d) and a form (-F), of which curl takes one")
        if self.is_head and (self.parts or (self.data is not None and not self.is_get)):
            raise NotACall("it asks for the head alone (-I) and sends data")
        self._check_url()
        self._check_headers()

    def _check_url(self) -> None:
        if self.globs and re.search(r"[{}]|\[(?![0-9a-fA-F:.]+\])", re.sub(MARK + "[^\ue001]*", "", self.url)):
            raise NotACall(
                "curl makes several URLs of {} and []; write a line for each, or use -g to mean them as they are"
            )
        if " " in self.url:
            raise NotACall("its URL has a blank, which curl refuses; write %20")
        odd = next((char for char in self.url if not is_sent_as_written(char) and char not in (MARK, MARK_END)), None)
        if odd is not None:
            raise NotACall(
                f"its URL has {odd}, which curl sends as it is, and a step as {quote(odd)}; write {quote(odd)}"
            )
        if self.as_it_is and re.search(r"/\.\.?(/|$)", self.url.partition("?")[0]):
            raise NotACall("--path-as-is has no equivalent in a step: it takes /../ out of a path")

    def _check_headers(self) -> None:
        framing = next((name for name in self.header if name.lower() in _FRAMING), None)
        if framing and framing.lower() == "content-length":
            del self.header[framing]
            self.hints.append("Content-Length is left out: the sender counts")
        elif framing:
            raise NotACall(f"the header {framing} is the sender's to set")
        needless = self.removed if self.data or self.parts else self.removed - {"content-type"}
        if needless:
            raise NotACall(f"it sends no header {min(needless)}, which a step always does")

    def _url(self) -> str:
        pieces = [*self.query, *([self.data] if self.is_get and self.data else [])]
        bare, mark, fragment = self.url.partition("#")
        for piece in pieces:
            if not bare.endswith("?"):
                bare += "&" if "?" in bare else "?"
            bare += piece
        return bare + mark + fragment

    def _sign(self, step: dict[str, Any]) -> None:
        if self.given("authorization") is not None:
            return  # curl sends it in place of what -u makes
        if self.bearer:
            step["auth"] = {"bearer": self.bearer}
        elif self.user:
            step["auth"] = {"basic": self.user.split(":", 1)}

    def _content(self) -> dict[str, Any]:
        if self.parts:
            kind = self.given("content-type")
            if kind is not None and not kind.lower().startswith(_MULTIPART):
                raise NotACall(f"it sends a form (-F) under the type {kind}")
            content = self.parts.content()
            if kind is None and "files" not in content:
                self.add_header("Content-Type", _MULTIPART)
            return content
        data = self.data or ""
        if self.is_json:
            for name in ("Content-Type", "Accept"):
                if self.given(name.lower()) is None:
                    self.add_header(name, _JSON)
        kind = self.given("content-type")
        if kind is not None and kind.lower().startswith(_JSON):
            return _json_content(data)
        if kind is None:
            fields = parse_qsl(data, keep_blank_values=True)
            form = dict(fields)
            if form and len(form) == len(fields) and urlencode(fields) == data:
                return {"form": form}
            self.add_header("Content-Type", _FORM)
            if data.lstrip().startswith(("{", "[")):
                self.hints.append(
                    f"curl sends this as {_FORM}, since no type is given; for JSON add the header Content-Type: {_JSON}"
                )
        return {"text": data}


def _json_content(data: str) -> dict[str, Any]:
    """As a value where that is sent in the same bytes; signed requests would not allow others."""
    try:
        value = json_text.read(data)
    except json_text.BadJson:
        return {"text": data}
    same = value is not None and wire(value) == data and MARK not in data
    return {"body": value} if same else {"text": data}


def _urlencode(text: str) -> str:
    """curl(1), --data-urlencode: `content`, `=content`, `name=content`; with @ it is a file."""
    name, separator, content = text.partition("=")
    if "@" in name:  # without = it is all of the text
        raise NotACall(f"the data come from a file ({text}), which a step can't read")
    if not separator:
        name, content = "", text
    if MARK in content:
        raise NotACall("it encodes a variable (--data-urlencode), which a step can only do by an expression")
    encoded = quote(content, safe="").replace("%20", "+")
    return f"{name}={encoded}" if name else encoded


def _set(name: str) -> Callable[[_Call, str], None]:
    return lambda call, _: setattr(call, name, True)


def _unset_globs(call: _Call, _: str) -> None:
    call.globs = False


def _insecure(call: _Call, _: str) -> None:
    call.more["verify"] = False


def _method(call: _Call, value: str) -> None:
    call.method = value.upper()


def _redirects(_: _Call, value: str) -> None:
    if value.strip() == "0":
        raise NotACall("--max-redirs 0 makes a redirect an error; leave out -L to see its answer")


def _url_query(call: _Call, value: str) -> None:
    call.query.append(value[1:] if value.startswith("+") else _urlencode(value))


def _bearer(call: _Call, value: str) -> None:
    call.bearer = value


_READERS: dict[str, Callable[[_Call, str], None]] = {
    **dict.fromkeys(("-k", "--insecure"), _insecure),
    **dict.fromkeys(("-L", "--location"), _set("follows")),
    **dict.fromkeys(("-I", "--head"), _set("is_head")),
    **dict.fromkeys(("-G", "--get"), _set("is_get")),
    **dict.fromkeys(("-g", "--globoff"), _unset_globs),
    "--path-as-is": _set("as_it_is"),
    **dict.fromkeys(("-X", "--request"), _method),
    **dict.fromkeys(("-H", "--header"), _Call.set_header),
    **dict.fromkeys(("-u", "--user"), _Call.set_user),
    **dict.fromkeys(("-A", "--user-agent"), lambda call, value: call.set_header(f"User-Agent: {value}")),
    **dict.fromkeys(("-e", "--referer"), lambda call, value: call.set_header(f"Referer: {value.split(';auto')[0]}")),
    **dict.fromkeys(("-r", "--range"), lambda call, value: call.set_header(f"Range: bytes={value}")),
    **dict.fromkeys(("-b", "--cookie"), _Call.set_cookie),
    **dict.fromkeys(("-m", "--max-time"), lambda call, value: call.set_number("timeout", value)),
    **dict.fromkeys(("-F", "--form"), lambda call, value: call.parts.add(value)),
    "--form-string": lambda call, value: call.parts.add_text(value),
    "--retry": lambda call, value: call.set_number("retry", value),
    "--oauth2-bearer": _bearer,
    "--max-redirs": _redirects,
    "--url": _Call.set_url,
    "--url-query": _url_query,
}
