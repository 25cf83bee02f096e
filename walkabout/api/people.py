"""People: users, tokens, masters and their aliases. The `/user/` routes keep the original's form of errors."""

from typing import Any

from walkabout.api.answers import Answer, FieldErrors, Refusal
from walkabout.api.dispatch import Call
from walkabout.api.graphs import check_page
from walkabout.api.object_views import ObjectViews
from walkabout.api.registry import ADMIN, GENERAL, PUBLIC, api
from walkabout.jids import is_jid, jid
from walkabout.people.aliases import TooMany
from walkabout.people.emails import email_problem
from walkabout.people.masters import PASSWORD_LEAST, EmailTaken, Master
from walkabout.times import iso
from walkabout.walking.names import ALWAYS_THERE

NAME_MOST = 255  # characters


@api(PUBLIC, path="/user/create/", asks_who=True, status=201)
def user_create(call: Call, email: str, password: str, name: str = "", is_superuser: bool = False) -> Answer:
    """A new user. Only admins may, unless the setting SIGNUP is open."""
    is_admin = call.caller is not None and call.caller.is_superuser
    if not is_admin and call.service.settings.signup != "open":
        raise Refusal(403, "Sign-up is closed: an admin makes users (the setting SIGNUP)")
    if is_superuser and not is_admin:
        raise Refusal(403, "is_superuser: only an admin makes admins")
    errors = _password_errors(password) | _name_errors(name)
    if problem := email_problem(email):
        errors["email"] = [problem]
    if errors:
        raise FieldErrors(errors)
    try:
        master = call.service.new_master(email, password, name, superuser=is_superuser)
    except EmailTaken:
        raise FieldErrors({"email": ["user with this email already exists."]}) from None
    return Answer(201, _user(master))


@api(PUBLIC, path="/user/token/")
def user_token(call: Call, email: str, password: str) -> dict[str, str]:
    """A token for an email and a password."""
    service = call.service
    master = service.masters.signed_in(email, password, service.clock())
    if master is None:
        raise FieldErrors({"non_field_errors": ["Unable to authenticate with provided credentials"]})
    token, expires_at = service.tokens.give(master.uid, service.settings.token_days)
    return {"expiry": iso(expires_at), "token": token}


@api(GENERAL, path="/user/manage/", methods=("GET", "PUT", "PATCH"))
def user_manage(call: Call, name: str | None = None, password: str | None = None) -> dict[str, Any]:
    """The caller's own user; PUT and PATCH change its name or password. A changed password ends the other tokens."""
    service, master = call.service, call.master
    if call.asked.method == "GET":
        return _user(master)
    errors = (_password_errors(password) if password is not None else {}) | _name_errors(name or "")
    if errors:
        raise FieldErrors(errors)
    if name is not None:
        master = service.masters.rename(master.uid, name)
    if password is not None:
        service.masters.set_password(master.uid, password)
        service.tokens.end_all(master.uid, keep=call.asked.token)
    service.tokens.forget()
    return _user(master)


@api(GENERAL, path="/user/logout/", status=204)
def user_logout(call: Call) -> Answer:
    """End the token that is sent with the request."""
    call.service.tokens.end(call.asked.token or "")
    return Answer(204)


@api(GENERAL, path="/user/logout_all/", status=204)
def user_logout_all(call: Call) -> Answer:
    """End all tokens of the caller."""
    call.service.tokens.end_all(call.master.uid)
    return Answer(204)


@api(ADMIN, path="/user/logout_everyone/", status=204)
def user_logout_everyone(call: Call) -> Answer:
    """End everybody's tokens."""
    call.service.tokens.end_everyones()
    return Answer(204)


@api(GENERAL)
def master_self(call: Call, detailed: bool = False) -> dict[str, Any]:
    """The caller's master object."""
    return ObjectViews(call.service).master(call.master, detailed=detailed)


@api(ADMIN)
def master_allusers(call: Call, limit: int = 0, offset: int = 0, asc: bool = False, search: str = "") -> dict[str, Any]:
    """All users, newest first. `limit` 0 is all; `search` looks in email and name."""
    check_page(limit, offset)
    total, masters = call.service.masters.page(limit, offset, asc, search)
    return {"total": total, "data": [_listed(master) for master in masters]}


@api(GENERAL)
def alias_register(call: Call, name: str, value: str) -> dict[str, str]:
    """Let a name stand for a value (a jid, most often) in the caller's requests."""
    if not name.strip() or not value.strip():
        raise Refusal(400, "name, value: an alias needs both, and not empty ones")
    if name in ALWAYS_THERE or is_jid(name):
        raise Refusal(400, f'name: "{name[:80]}" has a meaning of its own; choose another')
    try:
        call.service.aliases.register(call.master.uid, name, value)
    except TooMany as error:
        raise Refusal(400, str(error)) from None
    return {"response": f"Alias from '{name}' to '{value}' set!"}


@api(GENERAL)
def alias_list(call: Call) -> dict[str, str]:
    """The caller's aliases."""
    return call.service.aliases.all(call.master.uid)


@api(GENERAL)
def alias_delete(call: Call, name: str) -> dict[str, Any]:
    """Take an alias away."""
    if not call.service.aliases.delete(call.master.uid, name):
        raise Refusal(404, f"name: no alias '{name[:200]}'")
    return {"response": f"Alias '{name}' deleted", "success": True}


@api(GENERAL)
def alias_clear(call: Call) -> dict[str, Any]:
    """Take all of the caller's aliases away."""
    removed = call.service.aliases.clear(call.master.uid)
    return {"response": f"All {removed} aliases deleted", "removed": removed}


def _user(master: Master) -> dict[str, Any]:
    return {
        "id": master.id,
        "email": master.email,
        "name": master.name,
        "is_activated": master.is_activated,
        "is_superuser": master.is_superuser,
    }


def _listed(master: Master) -> dict[str, Any]:
    return {
        "id": master.id,
        "user": master.email,
        "jid": jid(master.uid),
        "name": master.name,
        "created_date": iso(master.created_at),
        "is_activated": master.is_activated,
        "is_superuser": master.is_superuser,
        "last_login": iso(master.last_login_at) if master.last_login_at else None,
    }


def _password_errors(password: str) -> dict[str, list[str]]:
    if len(password) < PASSWORD_LEAST:
        return {"password": [f"Ensure this field has at least {PASSWORD_LEAST} characters."]}
    return {}


def _name_errors(name: str) -> dict[str, list[str]]:
    return {"name": [f"Ensure this field has no more than {NAME_MOST} characters."]} if len(name) > NAME_MOST else {}
