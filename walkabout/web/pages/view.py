"""The base of the page's views: a class whose methods answer the routes that `route` marks on them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Blueprint, Response, abort

from walkabout.actions.rights import AdminsOnly, check_admin, only_of
from walkabout.people.sign_ins import Origin
from walkabout.service import Service
from walkabout.web.origin import origin
from walkabout.web.session import me

Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(frozen=True)
class Route:
    """Where a method of a place is found. `open_`: without a sign-in too; `admin`: for admins, 404 for others."""

    rule: str
    methods: tuple[str, ...]
    open_: bool
    admin: bool


def route(rule: str, *methods: str, open_: bool = False, admin: bool = False) -> Callable[[Method], Method]:
    """Let a method of a place answer a route; GET unless other methods are named. Its name is the endpoint's."""

    def mark(method: Method) -> Method:
        method.__route__ = Route(rule, methods or ("GET",), open_, admin)  # type: ignore[attr-defined]
        return method

    return mark


class View:
    """Derive from it, give it methods with `route`, and add it to the blueprint."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def add(self, pages: Blueprint) -> list[str]:
        """Give the blueprint this place's routes; the endpoints among them that are open."""
        is_open = []
        for name in dir(type(self)):
            found = getattr(getattr(type(self), name), "__route__", None)
            if isinstance(found, Route):
                view = getattr(self, name)
                pages.add_url_rule(found.rule, name, _for_admins(view) if found.admin else view, methods=found.methods)
                if found.open_:
                    is_open.append(f"{pages.name}.{name}")
        return is_open

    @property
    def now(self) -> float:
        """UTC seconds."""
        return self.service.clock()

    @property
    def origin(self) -> Origin:
        """From where the page is asked."""
        return origin(self.service.settings)

    def owner(self) -> str | None:
        """Whose things are seen: one's own (a uid); None, everybody's, for admins."""
        return only_of(me())


def _for_admins(view: Callable[..., Response]) -> Callable[..., Response]:
    def guard(**values: Any) -> Response:
        try:
            check_admin(me())
        except AdminsOnly:
            abort(404)
        return view(**values)

    return guard
