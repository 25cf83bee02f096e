"""Translates a curl command into a step, and refuses what a step can't do, with the reason."""

import re
import shlex
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from walkabout import json_text


class NotACall(ValueError):
    """The command is no single curl call that a step can stand for; the text says why."""


COMMAND_MOST = 131_072  # characters; browsers copy long cookies, but no more than that
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"
_DATA = ("-d", "--data", "--data-ascii", "--data-raw", "--data-binary")
# What has no meaning for a step: how much is shown, and where to.
_IDLE = frozenset(
    ["-s", "--silent", "-S", "--show-error", "-f", "--fail", "-v", "--verbose", "-i", "--include", "-N", "--no-buffer",
     "-#", "--progress-bar", "--compressed", "--fail-with-body", "-4", "--ipv4", "-6", "--ipv6", "--globoff", "-g"]
)  # fmt: skip
_IDLE_WITH_VALUE = frozenset(["-o", "--output", "-w", "--write-out", "--connect-timeout", "--stderr", "--retry-delay"])
_SHORT_WITH_VALUE = "XHdumAebow"


def step_of(command: str) -> dict[str, Any]:
    """The step of a shell command that is one curl call. Raises NotACall."""
    if len(command) > COMMAND_MOST:
        raise NotACall(f"it is longer than {COMMAND_MOST} characters; write the step by hand")
    words = _words(command)
    if not words or words[0].rpartition("/")[2] != "curl":
        raise NotACall(f'"{words[0] if words else ""}" is not curl; only curl calls become sequences')
    call = _Call()
    pending = _separate(words[1:])
    while pending:
        call.take(pending.pop(0), pending)
    return call.step()


class _Call:
    """What has been read of a call."""

    def __init__(self) -> None:
        self.url = ""
        self.method = ""
        self.header: dict[str, str] = {}
        self.data: list[str] = []
        self.as_query = False
        self.follow = False
        self.more: dict[str, Any] = {}

    def take(self, word: str, following: list[str]) -> None:
        """Read one word, with the value that follows it if it has one."""
        if word in _IDLE:
            return
        if word in _FLAGS:
            _FLAGS[word](self)
        elif word in _VALUES or word in _IDLE_WITH_VALUE:
            if not following:
                raise NotACall(f"{word} has no value")
            value = following.pop(0)
            if word in _VALUES:
                _VALUES[word](self, value)
        elif word.startswith("-") and word != "-":
            raise NotACall(f"{word} has no match in a step")
        else:
            self.set_url(word)

    def set_url(self, url: str) -> None:
        if self.url:
            raise NotACall("it calls more than one URL; make a line for each")
        self.url = url if "://" in url else f"http://{url}"

    def set_header(self, line: str) -> None:
        name, separator, value = line.partition(":")
        if not separator:
            raise NotACall(f'header "{line}" is not "Name: value"')
        self.header[name.strip()] = value.strip()

    def add_data(self, text: str) -> None:
        if text.startswith("@"):
            raise NotACall(f"the data come from a file ({text}), which a step can't read")
        self.data.append(text)

    def set_json(self, text: str) -> None:
        self.header = {"Content-Type": _JSON, "Accept": _JSON, **self.header}
        self.add_data(text)

    def set_user(self, text: str) -> None:
        name, separator, password = text.partition(":")
        if not separator:
            raise NotACall("-u has no password; curl would ask for it")
        self.more["auth"] = {"basic": [name, password]}

    def set_number(self, key: str, text: str) -> None:
        try:
            number = float(text)
        except ValueError:
            raise NotACall(f'"{text}" is not a number') from None
        self.more[key] = {"attempts": int(number) + 1} if key == "retry" else number

    def step(self) -> dict[str, Any]:
        """The step."""
        if not self.url:
            raise NotACall("it calls no URL")
        data = "&".join(self.data)
        if self.data and self.as_query:
            self.url += ("&" if "?" in self.url else "?") + data
        sends = bool(self.data) and not self.as_query
        step: dict[str, Any] = {"method": self.method or ("POST" if sends else "GET"), "api": self.url}
        if sends:
            step |= self._content(data)
        if self.header:
            step["header"] = self.header
        step |= self.more | ({} if self.follow else {"redirects": False})
        if "{{" in json_text.write(step):
            raise NotACall("it holds {{, which begins a reference in sequences")
        return step

    def _content(self, data: str) -> dict[str, Any]:
        kind = next((value for name, value in self.header.items() if name.lower() == "content-type"), _FORM)
        if kind.startswith(_JSON):
            try:
                return {"body": json_text.read(data)}
            except json_text.BadJson:
                return {"text": data}
        fields = parse_qsl(data, keep_blank_values=True)
        if kind == _FORM and fields and len(dict(fields)) == len(fields):
            return {"form": dict(fields)}
        self.header.setdefault("Content-Type", kind)
        return {"text": data}


def _insecure(call: _Call) -> None:
    call.more["verify"] = False


def _follow(call: _Call) -> None:
    call.follow = True


def _head(call: _Call) -> None:
    call.method = "HEAD"


def _get(call: _Call) -> None:
    call.as_query = True


def _method(call: _Call, value: str) -> None:
    call.method = value.upper()


_FLAGS: dict[str, Callable[[_Call], None]] = {
    **dict.fromkeys(("-k", "--insecure"), _insecure),
    **dict.fromkeys(("-L", "--location"), _follow),
    **dict.fromkeys(("-I", "--head"), _head),
    **dict.fromkeys(("-G", "--get"), _get),
}
_VALUES: dict[str, Callable[[_Call, str], None]] = {
    **dict.fromkeys(("-X", "--request"), _method),
    **dict.fromkeys(("-H", "--header"), _Call.set_header),
    **dict.fromkeys(_DATA, _Call.add_data),
    **dict.fromkeys(("-u", "--user"), _Call.set_user),
    **dict.fromkeys(("-A", "--user-agent"), lambda call, value: call.set_header(f"User-Agent: {value}")),
    **dict.fromkeys(("-e", "--referer"), lambda call, value: call.set_header(f"Referer: {value}")),
    **dict.fromkeys(("-b", "--cookie"), lambda call, value: call.set_header(f"Cookie: {value}")),
    **dict.fromkeys(("-m", "--max-time"), lambda call, value: call.set_number("timeout", value)),
    "--retry": lambda call, value: call.set_number("retry", value),
    "--json": _Call.set_json,
    "--url": _Call.set_url,
}


def _words(command: str) -> list[str]:
    """The words of a command, without redirections of what it prints."""
    if re.search(r"[$`]", re.sub(r"'[^']*'", "", command)):
        raise NotACall("it uses the shell's variables or commands ($ or `)")
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        tokens = list(lexer)
    except ValueError as error:
        raise NotACall(f"it can't be read ({error})") from None
    words: list[str] = []
    while tokens:
        token = tokens.pop(0)
        if not set(token) <= set("();<>|&"):
            words.append(token)
        elif ">" in token and "<" not in token and tokens:
            tokens.pop(0)
            if words and words[-1] in ("1", "2"):
                words.pop()
        else:
            raise NotACall(f"it is more than one command ({token})")
    return words


def _separate(words: list[str]) -> list[str]:
    """`-sSX POST` and `-XPOST` and `--max-time=5` as words of their own."""
    found: list[str] = []
    for word in words:
        if re.match(r"--[a-z-]+=", word):
            found += word.split("=", 1)
        elif re.match(r"-[A-Za-z0-9#].", word):
            found += _letters(word[1:])
        else:
            found.append(word)
    return found


def _letters(letters: str) -> list[str]:
    found: list[str] = []
    for index, letter in enumerate(letters):
        found.append(f"-{letter}")
        if letter in _SHORT_WITH_VALUE:
            return found + ([letters[index + 1 :]] if letters[index + 1 :] else [])
    return found
