"""The job template of a walker: its argument is checked when saved, and resolved for each run.

`{"name": "run", "ctx": {}, "nd": "active:graph", "snt": "active:sentinel", "mst": "urn:uuid:..."}`: `nd` and `snt` are
jids or aliases of `mst`, in whose name it runs; `wlk` is another word for `name`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from walkabout.jids import BadJid, uid_of
from walkabout.jobs.specs import JobSpec
from walkabout.jobs.template import OWNER_DELETED, OWNER_DISABLED, CannotRun
from walkabout.json_text import excerpt
from walkabout.nearest import PROBLEMS_MOST, WORD_MOST
from walkabout.people.masters import Master, Masters
from walkabout.problems import Invalid, Problem, gather, refuse
from walkabout.walking.call import KIND, WalkerCall
from walkabout.walking.fields import check_fields, unknown
from walkabout.walking.names import ACTIVE_GRAPH, ACTIVE_SENTINEL, Names, NotNamed
from walkabout.walking.sentinel import Sentinel, UnknownWalker
from walkabout.walking.values import plain
from walkabout.walking.walker import Walker

_KEYS = {"name": "Walker", "ctx": "Context", "nd": "Node", "snt": "Sentinel", "mst": "Master", "wlk": "Walker"}
_NAMED = {"nd": ("node", ACTIVE_GRAPH), "snt": ("sentinel", ACTIVE_SENTINEL)}


@dataclass(frozen=True)
class WalkerTemplate:
    """What a periodic task runs when it runs a walker (see jobs.template.JobTemplate)."""

    masters: Masters
    sentinel: Sentinel
    names: Names
    limit_s: float
    kind: str = KIND

    def normal(self, argument: Mapping[str, Any]) -> dict[str, Any]:
        """With `name` where somebody wrote `wlk`, and `ctx` where it was left out. What is saved stays as it was given."""
        kept = dict(argument)
        if "wlk" in kept and "name" not in kept:
            kept["name"] = kept.pop("wlk")
        name, ctx = kept.pop("name", None), kept.pop("ctx", None)
        return {"name": name, "ctx": {} if ctx is None else ctx, **kept}

    def owner(self, argument: Mapping[str, Any], asker: str | None) -> str | None:  # noqa: ARG002 - mst says it
        """The uid of `mst`."""
        mst = argument.get("mst")
        try:
            return uid_of(mst) if isinstance(mst, str) else None
        except BadJid:
            return None

    def check(self, owner: str | None, argument: Mapping[str, Any]) -> list[Problem]:
        """What is wrong with it: unknown keys, what is missing, and what is not there."""
        strangers = [key for key in argument if key not in _KEYS][:PROBLEMS_MOST]
        problems = [Problem(key[:WORD_MOST], unknown(key, _KEYS, "a key of a walker's argument")) for key in strangers]
        if "wlk" in argument:
            problems.append(Problem("wlk", "can't be used with name; use one of the two"))
        problems += self._check_walker(argument)
        master = self.masters.by_uid(owner) if owner else None
        if argument.get("mst") in (None, ""):
            problems.append(_required("mst"))
        elif master is None:
            problems.append(Problem("mst", f"{excerpt(argument['mst'])} is not a master here; use a jid"))
        else:
            for key in _NAMED:
                with gather(problems):
                    self._resolve(master, key, argument)
        return problems

    def why_not(self, master: str) -> str:  # noqa: ARG002 - walkers are everybody's
        """Nothing."""
        return ""

    def why_not_for(self, owner: str) -> str:
        """Why it does not run in the name of its owner."""
        master = self.masters.by_uid(owner)
        if master is None:
            return OWNER_DELETED
        return "" if master.is_activated else OWNER_DISABLED

    def spec(self, owner: str, name: str, argument: Mapping[str, Any]) -> JobSpec:  # noqa: ARG002 - a walker has its name
        """The call as it is now: with the walker's file, the aliases and the node as they are now. Raises CannotRun."""
        argument, master = self.normal(argument), self.masters.by_uid(owner)
        if master is None:
            raise CannotRun("mst: the master no longer exists")
        try:
            walker = self.sentinel.walker(str(argument.get("name", "")))
            self._resolve(master, "snt", argument)
            node = self._resolve(master, "nd", argument)
        except UnknownWalker as error:
            # Errors of files name modules and folders of this machine.
            why = self._why_not_loaded() if master.is_superuser else ""
            raise CannotRun(f"name: {error}{why}") from None
        except Invalid as error:
            raise CannotRun(str(error)) from None
        ctx = plain(argument.get("ctx") or {})
        return WalkerCall(walker.walker_name, owner, node, ctx).as_spec(walker, self.limit_s)

    def _why_not_loaded(self) -> str:
        errors = self.sentinel.errors()
        return "".join(f"; {file} did not load: {error}" for file, error in errors[:3])

    def _check_walker(self, argument: Mapping[str, Any]) -> list[Problem]:
        name = argument.get("name")
        if name is None or name == "":
            return [_required("name")]
        if not isinstance(name, str):
            return [Problem("name", f"{excerpt(name)} is not the name of a walker; use text")]
        try:
            walker = self.sentinel.walker(name)
        except UnknownWalker as error:
            return [Problem("name", str(error))]
        return _check_context(walker, argument.get("ctx"))

    def _resolve(self, master: Master, key: str, argument: Mapping[str, Any]) -> str:
        """The uid that a key names. Raises Invalid."""
        kind, default = _NAMED[key]
        text = argument.get(key)
        text = default if text is None else text
        if not isinstance(text, str):
            raise refuse(key, f"{excerpt(text)} is neither a jid nor an alias; use text")
        try:
            return self.names.resolve(master, kind, text)
        except (BadJid, NotNamed) as error:
            raise refuse(key, str(error)) from None


def _required(key: str) -> Problem:
    return Problem(key, f"({_KEYS[key]}) is required", is_missing=True)


def _check_context(walker: type[Walker], ctx: Any) -> list[Problem]:
    if ctx is not None and not isinstance(ctx, dict):
        return [Problem("ctx", f"{excerpt(ctx)} is not an object; use one with the walker's fields, {{}} for none")]
    _, problems = check_fields(walker.walker_fields, ctx or {})
    return [problem.within("ctx") for problem in problems]
