"""Splits a command into words as bash does, or as Windows' cmd does if a browser copied it for that.

Nothing is run. A variable whose value is not known stays one: its place in a word is marked, and what it is called is
told.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from walkabout.sequences.curl.refused import NotACall

MARK, MARK_END = "\ue000", "\ue001"
"""Around the name of a variable within a word."""
VARIABLE = re.compile(f"{MARK}([A-Za-z_][A-Za-z0-9_]*){MARK_END}")
_NAME = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*)")
_VIEWERS = ("jq", "less", "more", "head", "tail", "cat", "grep", "wc", "xmllint", "python3? -m json.tool")
"""Programs that show what curl prints: a step does without them."""
_OUTPUT = re.compile(r"(?:&>>?|>>|>\||>&|>)\s*")
_JOINT = re.compile(r"&&|\|\||;|&")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_CMD = re.compile(r'\^\s*\r?\n|\^"')
# Possessive, and an unclosed quote is taken up to the end: each character is looked at once, whatever stands there.
_CMD_QUOTED = r'"((?:\\.|""|[^"\\])*+)("|\\?\Z)'
_CMD_WORD = re.compile(rf'(?:{_CMD_QUOTED}|[^\s"])++', re.DOTALL)
_ANSI = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ANSI_CODE = re.compile(r"x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})")


@dataclass
class Command:
    """The words of one command, and what follows it in a pipe (empty: nothing), which a step can't do.

    `joint`: the operator between the command before it and this one; `output_to`: the files that its output goes to.
    """

    words: list[str] = field(default_factory=list)
    piped_to: str = ""
    joint: str = ""
    output_to: list[str] = field(default_factory=list)


def read_command(text: str) -> Command:
    """The one command of a text. Raises NotACall."""
    _check_marks(text)
    text = text.strip()
    if _CMD.search(text):
        return Command(_words_of_cmd(text))
    return _Reader(re.sub(r"^\$ +", "", text)).read()


def read_list(text: str, variables: Mapping[str, str]) -> list[Command]:
    """The commands of a list (`a && b; c`), in order; what they set themselves, they know. Raises NotACall.

    `variables`: whose values are known.
    """
    for known in (text, *variables.values()):
        _check_marks(known)
    return _ListReader(text, variables).read_all()


def _check_marks(text: str) -> None:
    if MARK in text or MARK_END in text:
        raise NotACall("it has characters of the private use area")


class _Reader:
    """Reads a command of bash, character by character (bash(1), QUOTING)."""

    def __init__(self, text: str, variables: Mapping[str, str] | None = None) -> None:
        self.text = text
        self.at = 0
        self.word: list[str] | None = None
        self.found = Command()
        self.variables = dict(variables or {})

    def read(self) -> Command:
        while self.at < len(self.text):
            if self._step():
                break
        self._end_word()
        return self.found

    def _step(self) -> bool:
        """Read on by one part; whether the command is over."""
        char = self.text[self.at]
        if char in " \t\r":
            self._end_word()
        elif char == "\n":
            self._end_word()
            return self._at_line_end()
        elif char == "#" and self.word is None:
            self._skip_line()
            return False
        elif char in "'\"\\$`":
            self._read_quoted(char)
            return False
        elif char in "|&;<>()":
            return self._operator()
        else:
            self._add(char)
        self.at += 1
        return False

    def _at_line_end(self) -> bool:
        self.at += 1
        if not self.found.words:
            return False
        rest = [line for line in self.text[self.at :].splitlines() if line.strip() and not line.strip().startswith("#")]
        if rest:
            raise NotACall(f"it is more than one command ({rest[0].strip()[:40]})")
        return True

    def _skip_line(self) -> None:
        end = self.text.find("\n", self.at)
        self.at = len(self.text) if end < 0 else end

    def _read_quoted(self, char: str) -> None:
        self.at += 1
        if char == "'":
            self._add(self._until("'"))
        elif char == '"':
            self._double()
        elif char == "\\":
            self._read_escaped()
        elif char == "`":
            raise NotACall("it runs another command (`)")
        elif self.text.startswith("'", self.at):
            self._ansi()
        elif self.text.startswith('"', self.at):
            self.at += 1
            self._double()
        else:
            self._add_split(self._variable())

    def _read_escaped(self) -> None:
        following = self.text[self.at : self.at + 2]
        if following.startswith(("\n", "\r\n")):
            self.at += 2 if following.startswith("\r") else 1
        elif following:
            self._add(following[0])
            self.at += 1

    def _until(self, end: str) -> str:
        stop = self.text.find(end, self.at)
        if stop < 0:
            raise NotACall(f"it can't be read: a {end} has no end")
        found, self.at = self.text[self.at : stop], stop + 1
        return found

    def _double(self) -> None:
        self._add("")
        while self.at < len(self.text):
            char = self.text[self.at]
            self.at += 1
            if char == '"':
                return
            if char == "\\" and self.text[self.at : self.at + 1] in ('"', "\\", "$", "`", "\n"):
                self._read_escaped()
            elif char == "`":
                raise NotACall("it runs another command (`)")
            else:
                self._add(self._variable() if char == "$" else char)
        raise NotACall("it can't be read: a \" has no end")

    def _variable(self) -> str:
        """What stands for a variable whose $ was read: its value, if known; the sign itself where it begins none."""
        named = _NAME.match(self.text, self.at)
        if named is None:
            if self.text[self.at : self.at + 1] in tuple("({0123456789@*#?!$-"):
                raise NotACall(f"it uses {self.text[self.at - 1 : self.at + 9]}, which only a shell can tell")
            return "$"
        self.at = named.end()
        name = named[1] or named[2]
        return self.variables.get(name, f"{MARK}{name}{MARK_END}")

    def _ansi(self) -> None:
        self.at += 1
        content = bytearray()
        while self.at < len(self.text):
            char = self.text[self.at]
            self.at += 1
            if char == "'":
                return self._add(_decode(bytes(content)))
            content += self._ansi_escape() if char == "\\" else char.encode()
        raise NotACall("it can't be read: a $' has no end")

    def _ansi_escape(self) -> bytes:
        code = _ANSI_CODE.match(self.text, self.at)
        if code is not None:
            self.at = code.end()
            byte, short, long, octal = code.groups()
            if byte or octal:
                return bytes([int(byte, 16) if byte else int(octal, 8) & 0xFF])
            return chr(min(int(short or long, 16), 0x10FFFF)).encode("utf-8", "replace")
        char = self.text[self.at : self.at + 1]
        self.at += 1
        return _ANSI.get(char, char if char in "\\'\"?" else "\\" + char).encode()

    def _operator(self) -> bool:
        output = _OUTPUT.match(self.text, self.at)
        if output:
            if self.word in (["1"], ["2"]):
                self.word = None
            self._end_word()
            self.at = output.end()
            self._skip_target()
            return False
        self._end_word()
        return self._at_operator(self.text[self.at :])

    def _at_operator(self, rest: str) -> bool:
        if re.match(rf"\|\s*(?:{'|'.join(_VIEWERS)})\b", rest):
            self.found.piped_to = rest[1:].strip()
            return True
        following = rest.lstrip(";& \t\r\n") if rest[0] in ";&" and not rest.startswith("&&") else rest
        if following and not following.startswith("#"):
            raise NotACall(f"it is more than one command ({re.match(r'[|&;<>()]+', rest)[0]})")  # type: ignore[index]
        return True

    def _skip_target(self) -> None:
        """Read over the file of a redirection."""
        words, self.found.words = self.found.words, []
        while self.at < len(self.text) and (self.word is not None or self.text[self.at] not in " \t\n"):
            if self.text[self.at] in " \t\r\n|;&<>()" and self.word is not None:
                break
            if self.text[self.at] in "|;<>()":
                break
            if self.text[self.at] == "&":
                self.at += 1
                continue
            self._step()
        self.found.output_to.append("".join(self.word or []))
        self.word, self.found.words = None, words

    def _add(self, text: str) -> None:
        if self.word is None:
            self.word = []
        self.word.append(text)

    def _add_split(self, text: str) -> None:
        """Add what an unquoted variable stands for: blanks in it part words, but not behind `NAME=` at the beginning."""
        if not self.found.words and self.word and _ASSIGNMENT.match("".join(self.word)):
            self._add(text)
            return
        first, *more = re.split(r"[ \t\n]+", text)
        if first:
            self._add(first)
        for part in more:
            self._end_word()
            if part:
                self._add(part)

    def _end_word(self) -> None:
        if self.word is not None:
            self.found.words.append("".join(self.word))
            self.word = None


class _ListReader(_Reader):
    """Reads all commands of a list, instead of refusing the second one."""

    def read_all(self) -> list[Command]:
        """The commands, but for those that only set variables."""
        self.commands: list[Command] = []
        self.read()
        self._end_command("")
        return self.commands

    def _at_operator(self, rest: str) -> bool:
        joint = _JOINT.match(rest)
        if joint is None:
            raise NotACall(_why_no_list(rest))
        self.at += len(joint[0])
        self._end_command(";" if joint[0] == "&" else joint[0])
        return False

    def _at_line_end(self) -> bool:
        self.at += 1
        self._end_command(";")
        return False

    def _end_command(self, joint: str) -> None:
        command, self.found = self.found, Command(joint=joint)
        while command.words and (assigned := _ASSIGNMENT.fullmatch(command.words[0])):
            if len(command.words) == 1:
                self.variables[assigned[1]] = assigned[2]
                self.found.joint = command.joint
            command.words.pop(0)
        if command.words:
            self.commands.append(command)


def _why_no_list(rest: str) -> str:
    if rest.startswith("|"):
        program = rest[1:].split()
        return f"what it prints goes to another program ({program[0] if program else '|'}), which a sequence has not"
    return f"it is more than requests ({rest[0]}), which only a shell can do"


def _decode(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise NotACall("its data are bytes that are no text") from None


def _words_of_cmd(text: str) -> list[str]:
    """Chrome's "Copy as cURL (cmd)": ^ escapes for cmd, then \\" and "" within quotes for the program."""
    text = re.sub(r"\^\s*\r?\n\s*", " ", text)
    text = re.sub(r"\^(.)", r"\1", text, flags=re.DOTALL)
    words = [re.sub(_CMD_QUOTED, _cmd_quoted, found[0], flags=re.DOTALL) for found in _CMD_WORD.finditer(text)]
    if re.search(r"%[A-Za-z_][A-Za-z0-9_]*%", " ".join(words)):
        raise NotACall("it uses cmd's variables (%NAME%)")
    return words


def _cmd_quoted(quoted: re.Match[str]) -> str:
    if quoted[2] != '"':
        raise NotACall("it can't be read: a \" has no end")
    return re.sub(r'\\(["\\])', r"\1", quoted[1].replace('""', '"'))
