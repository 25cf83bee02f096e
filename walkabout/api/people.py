"""APIs of users, tokens, masters and aliases. The `/user/` routes keep the original's form of errors."""

from typing import Annotated, Any

from walkabout.actions import people
from walkabout.actions.people import NAME_MOST, NewPerson, NoSuchSignIn, UnfitPerson
from walkabout.api.answers import Answer, FieldErrors, Refusal
from walkabout.api.dispatch import Call
from walkabout.api.graphs import check_page
from walkabout.api.object_views import ObjectViews
from walkabout.api.refusals import Naming
from walkabout.api.registry import ADMIN, GENERAL, PUBLIC, Ctx, Stored, StoredParam, api
from walkabout.jids import jid
from walkabout.people.attempts import TooManyAttempts
from walkabout.people.clients import client_name
from walkabout.people.masters import EmailTaken, Master
from walkabout.people.sign_ins import WrongPassword
from walkabout.people.tokens import ListedToken
from walkabout.problems import Problem
from walkabout.times import iso

SIGN_INS_MOST = 1000  # in one answer


@api(PUBLIC, path="/user/create/", asks_who=True, status=201)
def user_create(
    call: Call,
    email: str,
    password: str,
    name: Stored = "",
    is_superuser: bool = False,
    is_activated: bool | None = None,
) -> Answer:
    """Create a user. Only admins may, unless the setting SIGNUP is open: then anybody may, a limited number of times.

    The password has 8 or more characters, and is none of the most common ones. is_superuser and is_activated are for
    admins. Too many accounts from one address, or in all, within an hour: 429.
    """
    new = NewPerson(email, password, name, is_admin=is_superuser, is_active=is_activated)
    try:
        master = people.create(call.service, call.caller, new, call.origin)
    except UnfitPerson as unfit:
        raise _field_errors(unfit) from None
    except TooManyAttempts as error:
        raise _too_many(error, "Too many accounts were created recently") from None
    except EmailTaken:
        raise FieldErrors({"email": ["user with this email already exists."]}) from None
    return Answer(201, _user_view(master))


@api(PUBLIC, path="user_create", asks_who=True)
def user_create_named(
    call: Call, name: str, other_fields: Ctx, password: str = "", is_activated: bool | None = None
) -> dict[str, Any]:
    """Create a user, as clients of Jaseci do: `name` is the email.

    `other_fields` may have `password`, `name`, `is_activated` and `is_superuser`. Otherwise like `/user/create/`.
    """
    known = {"password": str, "name": str, "is_activated": bool, "is_superuser": bool}
    wrong = [key for key, value in other_fields.items() if not isinstance(value, known.get(key, object))]
    if wrong:
        raise Refusal(400, *(Problem(f"other_fields.{key}", f"expected {known[key].__name__}") for key in wrong))
    active = is_activated if is_activated is not None else other_fields.get("is_activated")
    new = NewPerson(
        email=name,
        password=password or other_fields.get("password", ""),
        name=other_fields.get("name", ""),
        is_admin=other_fields.get("is_superuser", False),
        is_active=active,
    )
    try:
        master = people.create(call.service, call.caller, new, call.origin)
    except UnfitPerson as unfit:
        raise Refusal(400, Problem("name" if unfit.email else "password", str(unfit))) from None
    except TooManyAttempts as error:
        text = f"Too many accounts were created recently; try again in {error.retry_after_s} seconds"
        raise Refusal(429, text, retry_after_s=error.retry_after_s) from None
    except EmailTaken:
        raise Refusal(400, Problem("name", "user with this email already exists.")) from None
    return {"success": True, "user": {**_user_view(master), "jid": jid(master.uid)}}


@api(PUBLIC, path="/user/token/")
def user_token(call: Call, email: str, password: str) -> dict[str, str]:
    """Get a token for an email and a password. Too many wrong passwords: 429, as on the page."""
    try:
        token, expires_at = people.give_token(call.service, email, password, call.origin)
    except WrongPassword:
        raise FieldErrors({"non_field_errors": ["Unable to authenticate with provided credentials"]}) from None
    except TooManyAttempts as error:
        raise _too_many(error, "Too many failed sign-ins") from None
    return {"expiry": iso(expires_at), "token": token}


@api(GENERAL, path="/user/manage/", methods=("GET", "PUT", "PATCH"))
def user_manage(
    call: Call,
    name: Annotated[str | None, StoredParam()] = None,
    password: str | None = None,
    old_password: str | None = None,
) -> dict[str, Any]:
    """The caller's own user; PUT and PATCH change its name or password.

    Another password needs the old one, which counts as a try when it is wrong, and ends the other tokens.
    """
    service, master = call.service, call.master
    if call.asked.method == "GET":
        return _user_view(master)
    try:
        people.check_own(service, master, name=name, password=password)
    except UnfitPerson as unfit:
        raise _field_errors(unfit) from None
    if password is not None:
        if old_password is None:
            raise FieldErrors({"old_password": ["This field is required."]})
        _change_password(call, old_password, password)
    return _user_view(master if name is None else people.rename(service, master, name))


def _change_password(call: Call, old: str, new: str) -> None:
    try:
        people.check_old_password(call.service, call.master, old, call.origin)
    except WrongPassword:
        raise FieldErrors({"old_password": ["This is not your password."]}) from None
    except TooManyAttempts as error:
        raise _too_many(error, "The old password was wrong too often") from None
    people.set_password(call.service, call.master, new, call.origin, keep=call.asked.token)


@api(GENERAL, path="/user/logout/", status=204)
def user_logout(call: Call) -> Answer:
    """End the token that is sent with the request."""
    people.end_token(call.service, call.master, call.asked.token or "", call.origin)
    return Answer(204)


@api(GENERAL, path="/user/logout_all/", status=204)
def user_logout_all(call: Call) -> Answer:
    """End all tokens of the caller."""
    people.end_own_tokens(call.service, call.master, call.origin)
    return Answer(204)


@api(ADMIN, path="/user/logout_everyone/", status=204)
def user_logout_everyone(call: Call) -> Answer:
    """End everybody's tokens."""
    people.end_everyones_tokens(call.service, call.master, call.origin)
    return Answer(204)


@api(GENERAL)
def sign_ins(call: Call) -> list[dict[str, Any]]:
    """The caller's own sign-ins and tokens that have not ended, the newest first.

    `kind`: "page", a browser's sign-in; "client", given for the password; "named", made on the page.
    """
    tokens = call.service.tokens
    mine = tokens.handle_of(call.asked.token or "")
    return [_sign_in_view(each, mine) for each in tokens.list_of(call.master.uid, SIGN_INS_MOST)]


@api(GENERAL)
def sign_in_end(call: Call, id: str) -> dict[str, Any]:
    """End one of the caller's own sign-ins or tokens, by its `id` in sign_ins."""
    with Naming("id", NoSuchSignIn):
        people.end_sign_in(call.service, call.master, id, call.origin)
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
    return {"total": total, "data": [_person_view(master) for master in masters]}


def _sign_in_view(token: ListedToken, mine: str) -> dict[str, Any]:
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


def _user_view(master: Master) -> dict[str, Any]:
    return {
        "id": master.id,
        "email": master.email,
        "name": master.name,
        "is_activated": master.is_activated,
        "is_superuser": master.is_superuser,
    }


def _person_view(master: Master) -> dict[str, Any]:
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


def _field_errors(unfit: UnfitPerson) -> FieldErrors:
    errors: dict[str, list[str]] = {}
    if unfit.weakness:
        errors["password"] = [unfit.weakness.sentence]
    if unfit.is_name_unfit:
        errors["name"] = [f"Ensure this field has no more than {NAME_MOST} characters."]
    if unfit.email:
        errors["email"] = [unfit.email]
    return FieldErrors(errors)


def _too_many(error: TooManyAttempts, what: str) -> FieldErrors:
    seconds = error.retry_after_s
    text = f"{what}; try again in {seconds} seconds"
    return FieldErrors({"non_field_errors": [text]}, 429, retry_after_s=seconds)
