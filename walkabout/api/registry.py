"""The registry of named APIs: the decorator `api` declares one, with its route, rights and documentation.

@api(GENERAL)
def alias_register(call: Call, name: str, value: str) -> Any:
    '''Define a name for a value.'''
"""

import inspect
import typing
from collections.abc import Callable, Iterable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cached_property
from types import ModuleType
from typing import Annotated, Any, TypeVar

PUBLIC, GENERAL, ADMIN = "public", "general", "admin"
PREFIXES = {PUBLIC: "/js_public/", GENERAL: "/js/", ADMIN: "/js_admin/"}
# The prefixes at which an API of an audience is found: more rights include the smaller ones.
FOUND_UNDER = {PUBLIC: (PUBLIC, GENERAL, ADMIN), GENERAL: (GENERAL, ADMIN), ADMIN: (ADMIN,)}

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)


@dataclass(frozen=True)
class ObjectParam:
    """A parameter that names an object by jid or alias; it reaches the function as a uid."""

    kind: str
    default: str | None = None


@dataclass(frozen=True)
class SwitchParam:
    """A parameter that is true for `true` and for the text `true` in any case."""


@dataclass(frozen=True)
class ContextParam:
    """A parameter that is an object or its JSON text; uploaded files become part of it."""


@dataclass(frozen=True)
class StoredParam:
    """A text that is stored as it is given: an empty one, too, where other parameters count as not given then."""


@dataclass(frozen=True)
class Param:
    """One parameter of an API: its name, its type, whether it is required, and how it is read."""

    name: str
    type: Any
    required: bool
    default: Any
    how: ObjectParam | SwitchParam | ContextParam | StoredParam | None = None


@dataclass(frozen=True)
class GivenParams:
    """Marks a parameter that replaces several optional ones: a dict of those that were given."""

    params: tuple[Param, ...]


@dataclass(frozen=True)
class ParamGroup:
    """Parameters that reach the function as one value. `only_given`: without those that were left out."""

    names: tuple[str, ...]
    build: Callable[..., Any]
    only_given: bool = False


Nd = Annotated[str, ObjectParam("node", "active:graph")]
Gph = Annotated[str, ObjectParam("graph", "active:graph")]
Obj = Annotated[str, ObjectParam("object")]
Snt = Annotated[str, ObjectParam("sentinel", "active:sentinel")]
On = Annotated[bool | None, SwitchParam()]
Ctx = Annotated[dict[str, Any], ContextParam()]
Stored = Annotated[str, StoredParam()]


@dataclass(frozen=True)
class Api:
    """One named API. `path`: a whole path, or what follows the prefix; `{name}` in it is a parameter."""

    name: str
    audience: str
    methods: tuple[str, ...]
    path: str
    doc: str
    params: dict[str, Param]
    call: Function
    loose: bool
    asks_who: bool
    groups: dict[str, ParamGroup]
    status: int
    conflicts: bool

    def paths(self) -> list[tuple[str, str]]:
        """Its paths, each with the audience that uses it."""
        if self.path.startswith("/"):
            return [(self.audience, self.path)]
        return [(audience, PREFIXES[audience] + self.path) for audience in FOUND_UNDER[self.audience]]

    @cached_property
    def objects(self) -> dict[str, str]:
        """The parameters that name objects, with the kind of each."""
        return {name: param.how.kind for name, param in self.params.items() if isinstance(param.how, ObjectParam)}

    @cached_property
    def ungrouped(self) -> tuple[str, ...]:
        """The parameters that reach the function by themselves."""
        grouped = {name for group in self.groups.values() for name in group.names}
        return tuple(name for name in self.params if name not in grouped)

    @cached_property
    def takes_files(self) -> bool:
        """Whether uploaded files may come along."""
        return any(isinstance(param.how, ContextParam) for param in self.params.values())


def api(
    audience: str,
    *,
    methods: Iterable[str] = ("POST",),
    path: str = "",
    name: str = "",
    loose: bool = False,
    asks_who: bool = False,
    status: int = 200,
    conflicts: bool = False,
) -> Callable[[F], F]:
    """Declare a function as a named API.

    `audience`: PUBLIC, GENERAL or ADMIN; `path`: if it is not the name; `loose`: a body of any type is taken, and what
    are no parameters reaches the function as `call.loose`; `asks_who`: it is for everybody, and yet a token
    is looked at (elsewhere who asks in public is nobody); `status`: of an answer that went well; `conflicts`: it may
    be refused with 409, because of what others did.
    """

    def declare(function: F) -> F:
        """The function itself, with its declaration on it."""
        named = name or function.__name__
        params, groups = _params(function)
        function.__api__ = Api(  # type: ignore[attr-defined]
            name=named,
            audience=audience,
            methods=tuple(methods),
            path=path or named,
            doc=inspect.getdoc(function) or "",
            params=params,
            call=function,
            loose=loose,
            asks_who=asks_who,
            groups=groups,
            status=status,
            conflicts=conflicts,
        )
        return function

    return declare


def collect(modules: Iterable[ModuleType]) -> dict[str, Api]:
    """All APIs that the modules declare, by name. Raises ValueError for a duplicate name."""
    found: dict[str, Api] = {}
    for module in modules:
        for value in vars(module).values():
            declared = getattr(value, "__api__", None)
            if isinstance(declared, Api) and value.__module__ == module.__name__:
                if declared.name in found:
                    raise ValueError(f"two APIs are named {declared.name}")
                found[declared.name] = declared
    return found


def _params(function: Function) -> tuple[dict[str, Param], dict[str, ParamGroup]]:
    """The parameters of a function after its first one; those of a dataclass and of GivenParams are a group each."""
    hints = typing.get_type_hints(function, include_extras=True)
    params: dict[str, Param] = {}
    groups: dict[str, ParamGroup] = {}
    for name, parameter in list(inspect.signature(function).parameters.items())[1:]:
        hint = hints[name]
        given = next((extra for extra in getattr(hint, "__metadata__", ()) if isinstance(extra, GivenParams)), None)
        if given is not None:
            params.update({param.name: param for param in given.params})
            groups[name] = ParamGroup(tuple(param.name for param in given.params), dict, only_given=True)
        elif is_dataclass(hint) and isinstance(hint, type):
            inner = typing.get_type_hints(hint, include_extras=True)
            params.update({f.name: _param(f.name, inner[f.name], f.default, MISSING) for f in fields(hint)})
            groups[name] = ParamGroup(tuple(inner), hint)
        else:
            params[name] = _param(name, hint, parameter.default, parameter.empty)
    return params, groups


def _param(name: str, hint: Any, default: Any, missing: Any) -> Param:
    how = next((extra for extra in getattr(hint, "__metadata__", ()) if isinstance(extra, _HOW)), None)
    required = default is missing
    default = None if required else default
    if isinstance(how, ObjectParam) and how.default:
        required, default = False, how.default
    if isinstance(how, ContextParam):
        required, default = False, {}
    return Param(name, hint, required, default, how)


_HOW = (ObjectParam, SwitchParam, ContextParam, StoredParam)
