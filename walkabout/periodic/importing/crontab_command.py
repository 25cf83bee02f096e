"""The command of a crontab's line: without the column of users, and up to the first percent sign."""

import re

from walkabout.sequences.curl.refused import NotACall

_USER = re.compile(r"[a-z_][a-z0-9_.-]*(:[\w.-]+)?\$?", re.IGNORECASE)
_USUAL_USERS = ("root", "www-data", "nobody", "daemon", "postgres", "mysql", "nginx", "apache", "ubuntu", "debian")
_WRAPPERS = """
nice ionice timeout flock chronic env exec sudo time nohup curl wget if for while until test cd echo eval
"""
_RUNNERS = frozenset(_WRAPPERS.split())
_REQUEST = re.compile(r"(\S*/)?(curl|wget)\s")
_INPUT = re.compile(r"@-(\s|[\"']|$)")


def without_user(command: str, *, has_users: bool) -> str:
    """The command behind the column of users, if there is one. Raises NotACall when there seems to be, and is none."""
    user, *rest = command.split(None, 1)
    behind = rest[0] if rest else ""
    if has_users:
        if _REQUEST.match(command) or "/" in user:
            raise NotACall(f'"{user}" stands where --system expects a user; leave out --system')
        if not behind:
            raise NotACall(f'"{user}" is taken for the user (--system), and no command follows')
        return behind
    if (user in _USUAL_USERS or _REQUEST.match(behind)) and _USER.fullmatch(user) and behind and not _runs(user):
        raise NotACall(f'"{user}" stands before the command; if it is the column of the user, add --system')
    return command


def _runs(word: str) -> bool:
    """Whether a word is a program that runs what follows it."""
    return word in _RUNNERS


def until_percent(command: str) -> tuple[str, bool]:
    """What cron runs, and whether a % ends it: the first one not written \\%; what follows is its standard input.

    A backslash before another character stays, and takes that character with it. Raises NotACall when the input is
    what the command sends.
    """
    taken: list[str] = []
    escaped = False
    for place, char in enumerate(command):
        if escaped and char == "%":
            taken.pop()
        elif char == "%":
            if _INPUT.search(command[:place]):
                raise NotACall("it reads what stands behind the %; write it into the command")
            return "".join(taken).strip(), True
        taken.append(char)
        escaped = char == "\\" and not escaped
    return "".join(taken).strip(), False
