"""Turns a list of shell commands that are all requests (curl, wget) into a sequence that sends what they would send.

`a && b`, `a || b` and `a; b` become steps that ask how the one before went. What runs any other program is refused with
the program's name: that is the reason, whatever else stands in the line.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from walkabout.sequences.curl.call import COMMAND_MOST, CurlStep, program_of, step_of_words
from walkabout.sequences.curl.refused import NotACall
from walkabout.sequences.curl.shell import Command, read_list
from walkabout.sequences.curl.wget import curl_words
from walkabout.sequences.curl.wrappers import unwrapped

_AND, _OR = "&&", "||"
_NOTHING = ("true", ":", "exit")  # at the end of a list they only set its status
_REQUESTS = ("curl", "wget")
_BEFORE_A_COMMAND = frozenset(["if", "then", "else", "while", "until", "do", "{", "(", "!"])
_SHELL_WORDS = """
if then else fi for while until do done case esac function select { } ( ) ! [ [[ test
"""
_SHELL = frozenset(_SHELL_WORDS.split())
_TOKEN = re.compile(
    r"""(?P<word>(?:'[^']*+'|"(?:\\.|[^"\\])*+"|\\.|\$\((?:[^()]|\([^()]*+\))*+\)|`[^`]*+`|[0-9]?>[>&|]?\s*|&>>?\s*"""
    r"""|[^\s;|&()'"\\`])++)|(?P<operator>&&|\|\||[;|&()\n])|\s+|(?P<other>.)""",
    re.DOTALL,
)
_SUBSTITUTION = re.compile(r"\$\(\s*([^\s()]+)|`\s*([^\s`]+)")
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=")
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_OUTPUT = re.compile(r"(?:[0-9]?>|&>)")


@dataclass(frozen=True)
class RequestList:
    """The sequence of such a list, and what whoever brings it should know."""

    argument: dict[str, Any]
    hints: tuple[str, ...] = ()

    @property
    def steps(self) -> list[dict[str, Any]]:
        """Its steps."""
        return list(self.argument["requests"])


@dataclass(frozen=True)
class _Request:
    """A request of the list. `joint`: what stands between it and the one before; `wait_s`: what `sleep` says before it."""

    call: CurlStep
    joint: str
    wait_s: float = 0.0


def sequence_of(text: str, variables: Mapping[str, str]) -> RequestList:
    """The sequence of a line for a shell. `variables`: whose values are known. Raises NotACall."""
    if len(text) > COMMAND_MOST:
        raise NotACall(f"it is longer than {COMMAND_MOST} characters; write the sequence by hand")
    _check_programs(text)
    commands = [replace(command, words=unwrapped(command.words)) for command in read_list(text, variables)]
    requests = _requests(commands)
    if not requests:
        raise NotACall("it calls nothing")
    steps = _steps(requests)
    files = [name for command in commands for name in command.output_to if name not in ("", "/dev/null", "1", "2")]
    files += [request.call.saves_to for request in requests if request.call.saves_to]
    told = [f"the answer goes to no file ({name}): it is kept with each run" for name in dict.fromkeys(files)]
    hints = [hint for request in requests for hint in request.call.hints]
    return RequestList({"requests": steps}, tuple(dict.fromkeys([*hints, *told])))


def _check_programs(text: str) -> None:
    """Raises NotACall when the text runs anything but requests, whether or not it could be read in full."""
    commands = [(before, _program_word(words), words) for before, words in _simple_commands(text)]
    for before, word, _ in commands:
        if before == "|" and word:
            raise NotACall(f"what it prints goes to another program ({word}), which a sequence has not")
    requests = [word for _, word, _ in commands if program_of(word) in _REQUESTS]
    for _, word, _ in commands:
        if word and program_of(word) not in (*_REQUESTS, "sleep", "cd", *_NOTHING, *_SHELL):
            raise NotACall(_why_not(word, has_request=bool(requests)))
    for _, word, words in commands:
        if word == "cd" or word in _SHELL:
            raise NotACall(f'it is a script for a shell ("{word}"), and only requests (curl, wget) become sequences')
        inner = next((found for found in map(_SUBSTITUTION.search, words) if found), None)
        if inner is not None:
            raise NotACall(
                f"it sends what another program prints ({inner[1] or inner[2]}), which only a shell can tell"
            )


def _program_word(words: Sequence[str]) -> str:
    """The word that names what a command runs; behind a bracket or `if` the one that follows."""
    left = [word for word in words if not _ASSIGNED.match(word) and not _OUTPUT.match(word)]
    while len(left) > 1 and left[0] in _BEFORE_A_COMMAND:
        left.pop(0)
    left = unwrapped(left)
    return left[0].strip("\"'") if left else ""


def _why_not(word: str, *, has_request: bool = False) -> str:
    if has_request:
        return f'it runs "{word}", a program of that machine, beside a request; only requests (curl, wget) become sequences'
    return f'"{word}" is not curl or wget, and only their requests become sequences'


def _simple_commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """The words of each command of a list, roughly, with the operator before it."""
    before, words = "", list[str]()
    for token in _TOKEN.finditer(text):
        if token["word"] == "#" or (token["word"] or "").startswith("#"):
            break
        if token["word"]:
            words.append(token["word"])
        elif token["operator"] in ("(", ")"):
            words.append(token["operator"])
        elif token["operator"]:
            yield before, words
            before, words = token["operator"], []
    yield before, words


def _requests(commands: Sequence[Command]) -> list[_Request]:
    found: list[_Request] = []
    wait_s, joint = 0.0, ""
    for number, command in enumerate(commands):
        program = program_of(command.words[0])
        if program == "sleep":
            _check_joints(command, commands[number + 1 :])
            wait_s += _seconds(command.words[1:])
            joint = joint or command.joint
        elif program in _NOTHING:
            _check_end(command, commands[number + 1 :])
            if found and command.joint == _OR:
                found[-1] = replace(found[-1], call=_that_may_fail(found[-1].call))
        else:
            joint = (joint or command.joint) if found else ""
            found.append(_Request(_call(program, command.words[1:]), joint, wait_s))
            wait_s, joint = 0.0, ""
    return found


def _call(program: str, words: list[str]) -> CurlStep:
    if program not in _REQUESTS:
        raise NotACall(_why_not(program))
    return step_of_words(words if program == "curl" else curl_words(words))


def _seconds(words: list[str]) -> float:
    found = [_SECONDS.fullmatch(word) for word in words]
    if not found or None in found:
        raise NotACall(f"sleep {' '.join(words)} is no number of seconds")
    return sum(float(one[1]) * _UNITS[one[2]] for one in found if one)


def _check_joints(sleep: Command, rest: Sequence[Command]) -> None:
    """Raises NotACall unless what follows a `sleep` runs exactly when that does: it always succeeds."""
    follows = rest[0].joint if rest else ""
    if follows not in ((_AND, ";") if sleep.joint in ("", ";") else (_AND,)) or sleep.joint == _OR:
        raise NotACall("what follows its sleep runs at other times than the sleep, which no step can tell")


def _check_end(command: Command, rest: Sequence[Command]) -> None:
    if rest or command.words not in (["true"], [":"], ["exit"], ["exit", "0"]):
        raise NotACall(_why_not(" ".join(command.words)))


def _that_may_fail(call: CurlStep) -> CurlStep:
    return replace(call, step={**call.step, "ignore_error": True})


def _steps(requests: Sequence[_Request]) -> list[dict[str, Any]]:
    """The steps, each of which is sent when the shell would have called it.

    A step that was not sent leaves `%` as it was, as the shell leaves `$?`.
    """
    steps: list[dict[str, Any]] = []
    for number, request in enumerate(requests):
        step = request.call.step
        later = [other.joint for other in requests[number + 1 :]]
        if later and not request.call.minds_status:
            step = {**step, "ok": "any"}
        if any(joint != _AND for joint in later):
            step = {**step, "ignore_error": True}
        if request.joint == _OR or (request.joint == _AND and "ignore_error" in steps[-1]):
            step = {**step, "when": [_condition(request.joint, _before(requests, number))]}
        if request.wait_s:
            step = {**step, "delay": request.wait_s}
        steps.append(step)
    return steps


def _before(requests: Sequence[_Request], number: int) -> list[_Request]:
    """The requests on whose outcome one depends: those before it, back to the last `;`."""
    start = max(index for index in range(number) if requests[index].joint not in (_AND, _OR))
    return list(requests[start:number])


def _condition(joint: str, before: Sequence[_Request]) -> dict[str, Any]:
    minds = {request.call.minds_status for request in before}
    if len(minds) > 1:
        raise NotACall(
            "some of its requests fail by an error status (-f) and some do not, which no step can tell apart"
        )
    went_well = {"by": "%.status", "condition": {"lt": 400} if minds == {True} else {"gt": 0}}
    return went_well if joint == _AND else {"not": [went_well]}
