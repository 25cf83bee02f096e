"""APIs of users, tokens, masters and aliases. The `/user/` routes keep the original's form of errors."""

from contextlib import nullcontext
from typing import Any

from walkabout.api.answers import Answer, FieldErrors, Refusal
from walkabout.api.dispatch import Call
from walkabout.api.graphs import check_page
from walkabout.api.object_views import ObjectViews
from walkabout.api.registry import ADMIN, GENERAL, PUBLIC, api
from walkabout.jids import is_jid, jid
from walkabout.people import audit
from walkabout.people.aliases import TooMany
from walkabout.people.attempts import TooManyAttempts
from walkabout.people.clients import client_name
from walkabout.people.emails import email_problem
from walkabout.people.masters import EmailTaken, Master
from walkabout.people.sign_ins import WrongPassword
from walkabout.people.tokens import ListedToken
from walkabout.problems import Problem
from walkabout.times import iso
from walkabout.walking.names import ALWAYS_THERE

NAME_MOST = 255  # characters
SIGN_INS_MOST = 1000  # in one answer


@api(PUBLIC, path="/user/create/", asks_who=True, status=201)
def user_create(
    call: Call,
    email: str,
    password: str,
    name: str = "",
    is_superuser: bool = False,
    is_activated: bool | None = None,
) -> Answer:
    """A new user. Only admins may, unless the setting SIGNUP is open: then strangers may, but only so often.

    The password has 8 or more characters, and is none of the most common ones. is_superuser and is_activated are for
    admins. Too many accounts from one address, or in all, within an hour: 429.
    """
    is_admin = call.caller is not None and call.caller.is_superuser
    if not is_admin and call.service.settings.signup != "open":
        raise Refusal(403, "Sign-up is closed: an admin creates users (the setting SIGNUP)")
    if is_superuser and not is_admin:
        raise Refusal(403, Problem("is_superuser", "only an admin can make admins"))
    if is_activated is not None and not is_admin:
        raise Refusal(403, Problem("is_activated", "only an admin can set this"))
    errors = _password_errors(call, password, email, name) | _name_errors(name)
    if problem := email_problem(email):
        errors["email"] = [problem]
    if errors:
        raise FieldErrors(errors)
    try:
        with nullcontext() if is_admin else call.service.sign_ins.sign_up(call.origin):
            master = call.service.new_master(
                email,
                password,
                name,
                superuser=is_superuser,
                active=is_activated is not False,
                by=call.caller.email if call.caller else "",
                address=call.origin.address,
            )
    except TooManyAttempts as error:
        raise _too_many(error, "Too many accounts were created recently") from None
    except EmailTaken:
        raise FieldErrors({"email": ["user with this email already exists."]}) from None
    return Answer(201, _user(master))


@api(PUBLIC, path="/user/token/")
def user_token(call: Call, email: str, password: str) -> dict[str, str]:
    """A token for an email and a password. Too many wrong ones: 429, as on the page."""
    service = call.service
    try:
        master = service.sign_ins.sign_in(email, password, call.origin)
    except WrongPassword:
        raise FieldErrors({"non_field_errors": ["Unable to authenticate with provided credentials"]}) from None
    except TooManyAttempts as error:
        raise _too_many(error, "Too many failed sign-ins") from None
    with service.db.transaction():
        token, expires_at = service.tokens.give(
            master.uid, service.settings.token_days, address=call.origin.address, agent=call.origin.agent
        )
        service.audit.record(audit.TOKEN_MADE, master.email, master.email, call.origin.address)
    return {"expiry": iso(expires_at), "token": token}


@api(GENERAL, path="/user/manage/", methods=("GET", "PUT", "PATCH"))
def user_manage(
    call: Call, name: str | None = None, password: str | None = None, old_password: str | None = None
) -> dict[str, Any]:
    """The caller's own user; PUT and PATCH change its name or password.

    Another password needs the old one, which counts as a try when it is wrong, and ends the other tokens.
    """
    service, master = call.service, call.master
    if call.asked.method == "GET":
        return _user(master)
    errors = _name_errors(name or "")
    if password is not None:
        errors |= _password_errors(call, password, master.email, master.name if name is None else name)
        if old_password is None and not errors:
            errors["old_password"] = ["This field is required."]
    if errors:
        raise FieldErrors(errors)
    if password is not None:
        _change_password(call, old_password or "", password)
    if name is not None:
        master = service.masters.rename(master.uid, name)
    service.tokens.forget()
    return _user(master)


def _change_password(call: Call, old: str, new: str) -> None:
    service, master = call.service, call.master
    try:
        service.sign_ins.check_own(master, old, call.origin)
    except WrongPassword:
        raise FieldErrors({"old_password": ["This is not your password."]}) from None
    except TooManyAttempts as error:
        raise _too_many(error, "The old password was wrong too often") from None
    service.sign_ins.set_password(master, new, call.origin)
    service.tokens.end_all(master.uid, keep=call.asked.token)


@api(GENERAL, path="/user/logout/", status=204)
def user_logout(call: Call) -> Answer:
    """End the token that is sent with the request."""
    call.service.tokens.end(call.asked.token or "")
    call.record(audit.TOKEN_ENDED, call.master.email)
    return Answer(204)


@api(GENERAL, path="/user/logout_all/", status=204)
def user_logout_all(call: Call) -> Answer:
    """End all tokens of the caller."""
    call.service.tokens.end_all(call.master.uid)
    call.record(audit.TOKENS_ENDED, call.master.email)
    return Answer(204)


@api(ADMIN, path="/user/logout_everyone/", status=204)
def user_logout_everyone(call: Call) -> Answer:
    """End everybody's tokens."""
    call.service.tokens.end_everyones()
    call.record(audit.TOKENS_ENDED, "everybody")
    return Answer(204)


@api(GENERAL)
def sign_ins(call: Call) -> list[dict[str, Any]]:
    """The caller's own sign-ins and tokens that have not ended, the newest first.

    `kind`: "page", a browser's sign-in; "client", given for the password; "named", made on the page.
    """
    tokens = call.service.tokens
    mine = tokens.handle_of(call.asked.token or "")
    return [_sign_in(each, mine) for each in tokens.list_of(call.master.uid, SIGN_INS_MOST)]


@api(GENERAL)
def sign_in_end(call: Call, id: str) -> dict[str, Any]:
    """End one of the caller's own sign-ins or tokens, by its `id` in sign_ins."""
    service = call.service
    with service.db.transaction():
        if not service.tokens.end_listed(call.master.uid, id):
            raise Refusal(404, Problem("id", f"you have no sign-in {id[:80]}; sign_ins lists them"))
        call.record(audit.TOKEN_ENDED, call.master.email)
    return {"success": True, "response": "Successfully ended!"}


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
        raise Refusal(400, Problem("name, value", "an alias needs both; neither may be empty"))
    if name in ALWAYS_THERE or is_jid(name):
        raise Refusal(400, Problem("name", f'"{name[:80]}" has a meaning of its own; choose another'))
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
        raise Refusal(404, Problem("name", f"no alias '{name[:200]}'"))
    return {"response": f"Alias '{name}' deleted", "success": True}


@api(GENERAL)
def alias_clear(call: Call) -> dict[str, Any]:
    """Take all of the caller's aliases away."""
    removed = call.service.aliases.clear(call.master.uid)
    return {"response": f"All {removed} aliases deleted", "removed": removed}


def _sign_in(token: ListedToken, mine: str) -> dict[str, Any]:
    return {
        "id": token.handle,
        "kind": token.kind,
        "name": token.name,
        "address": token.address,
        "device": client_name(token.agent),
        "created": iso(token.created_at),
        "expires": iso(token.expires_at),
        "last_use": None if token.used_at is None else iso(token.used_at),
        "this": token.handle == mine,
    }


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


def _password_errors(call: Call, password: str, email: str, name: str) -> dict[str, list[str]]:
    weakness = call.service.sign_ins.weakness(password, email, name)
    return {"password": [weakness.sentence]} if weakness else {}


def _too_many(error: TooManyAttempts, what: str) -> FieldErrors:
    seconds = error.retry_after_s
    text = f"{what}; try again in {seconds} seconds"
    return FieldErrors({"non_field_errors": [text]}, 429, retry_after_s=seconds)


def _name_errors(name: str) -> dict[str, list[str]]:
    return {"name": [f"Ensure this field has no more than {NAME_MOST} characters."]} if len(name) > NAME_MOST else {}
