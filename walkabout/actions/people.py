"""People: accounts, passwords, sign-ins and tokens. The audit log records each change, by whom and from where.

Everybody changes their own name and password, and ends their own sign-ins; all else is for admins.
"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

from walkabout.actions.rights import check_admin, is_admin
from walkabout.jobs.template import NotAllowed
from walkabout.people import audit
from walkabout.people.emails import email_problem
from walkabout.people.masters import Master
from walkabout.people.password_rules import Weakness
from walkabout.people.sign_ins import Origin
from walkabout.service import Service

NAME_MOST = 255  # characters of a person's name


class NoSuchPerson(LookupError):
    """There is nobody of this uid."""


class NoSuchSignIn(LookupError):
    """There is no such sign-in or token of this person."""


class UnfitPerson(ValueError):
    """What is wrong with what was given for a person: each face has its own words for it.

    `email`: what is wrong with the email, empty if nothing is; `weakness`: of the password.
    """

    def __init__(self, *, email: str = "", is_name_unfit: bool = False, weakness: Weakness | None = None) -> None:
        self.email = email
        self.is_name_unfit = is_name_unfit
        self.weakness = weakness
        super().__init__(email or (weakness.sentence if weakness else "the name is too long"))


@dataclass(frozen=True)
class NewPerson:
    """An account to be made. `is_active`: None, as the installation has it; `must_change`: the password is for once."""

    email: str
    password: str
    name: str = ""
    is_admin: bool = False
    is_active: bool | None = None
    must_change: bool = False


def create(service: Service, by: Master | None, new: NewPerson, origin: Origin) -> Master:
    """A new account. `by`: an admin; a stranger or a user where sign-up is open, and then only so often.

    Raises NotAllowed, UnfitPerson, EmailTaken, TooManyAttempts, HashesBusy.
    """
    by_admin = by is not None and is_admin(by)
    if not by_admin:
        _check_sign_up(service, new)
    email, weakness = email_problem(new.email), service.sign_ins.weakness(new.password, new.email, new.name)
    if email or weakness or _is_name_unfit(new.name):
        raise UnfitPerson(email=email or "", is_name_unfit=_is_name_unfit(new.name), weakness=weakness)
    with nullcontext() if by_admin else service.sign_ins.sign_up(origin):
        return service.new_master(
            new.email,
            new.password,
            new.name,
            superuser=new.is_admin,
            active=new.is_active is not False,
            must_change=new.must_change,
            by=by.email if by else "",
            address=origin.address,
        )


def enable(service: Service, by: Master, uid: str, origin: Origin) -> Master:
    """Let a person sign in and run things again; as they were before. Raises AdminsOnly, NoSuchPerson."""
    return _change(service, by, uid, origin, service.owners.enable)


def disable(service: Service, by: Master, uid: str, origin: Origin) -> Master:
    """Let a person do nothing from now on. Raises AdminsOnly, NoSuchPerson, LastAdmin."""
    return _change(service, by, uid, origin, service.owners.disable)


def promote(service: Service, by: Master, uid: str, origin: Origin) -> Master:
    """Make a person an admin. Raises AdminsOnly, NoSuchPerson."""
    return _change(service, by, uid, origin, service.owners.promote)


def demote(service: Service, by: Master, uid: str, origin: Origin) -> Master:
    """Make an admin a user again. Raises AdminsOnly, NoSuchPerson, LastAdmin."""
    return _change(service, by, uid, origin, service.owners.demote)


def _change(service: Service, by: Master, uid: str, origin: Origin, change: Callable[..., None]) -> Master:
    """`change`: a method of Owners."""
    person = _person(service, by, uid)
    change(uid, by=by, address=origin.address)
    service.tokens.forget()
    return person


def rename(service: Service, by: Master, name: str) -> Master:
    """Give oneself another name. Raises UnfitPerson."""
    check_own(service, by, name=name)
    renamed = service.masters.rename(by.uid, name)
    service.tokens.forget()
    return renamed


def check_own(service: Service, by: Master, *, name: str | None = None, password: str | None = None) -> None:
    """Raises UnfitPerson for a name or a password that one can't have from now on; None: it stays."""
    weakness = None
    if password is not None:
        weakness = service.sign_ins.weakness(password, by.email, by.name if name is None else name)
    is_name_unfit = name is not None and _is_name_unfit(name)
    if weakness or is_name_unfit:
        raise UnfitPerson(is_name_unfit=is_name_unfit, weakness=weakness)


def check_old_password(service: Service, by: Master, old: str, origin: Origin) -> None:
    """Raises WrongPassword when this is not one's password, and TooManyAttempts after too many wrong ones."""
    service.sign_ins.check_own(by, old, origin)


def set_password(service: Service, by: Master, new: str, origin: Origin, *, keep: str | None = None) -> None:
    """Give oneself another password, which was checked; all tokens and sign-ins end, but for the token `keep`.

    Raises HashesBusy.
    """
    service.sign_ins.set_password(by, new, origin)
    service.tokens.end_all(by.uid, keep=keep)


def give_password(service: Service, by: Master, uid: str, new: str, origin: Origin) -> Master:
    """Give somebody else a password, for one sign-in on the page: there they choose their own. Their tokens and sign-ins end.

    Raises AdminsOnly, NoSuchPerson, NotAllowed for oneself, UnfitPerson, HashesBusy.
    """
    person = _person(service, by, uid)
    if person.uid == by.uid:
        raise NotAllowed("Change your own password on your account's page: it asks for the present one")
    if weakness := service.sign_ins.weakness(new, person.email, person.name):
        raise UnfitPerson(weakness=weakness)
    service.sign_ins.set_password(person, new, origin, by=by)
    service.tokens.end_all(person.uid)
    return person


def give_token(service: Service, email: str, password: str, origin: Origin) -> tuple[str, float]:
    """A token for an email and a password, and when it ends (UTC seconds). Raises WrongPassword, TooManyAttempts."""
    master = service.sign_ins.sign_in(email, password, origin)
    days = service.settings.token_days
    with service.db.transaction():
        given = service.tokens.give(master.uid, days, address=origin.address, agent=origin.agent)
        service.audit.record(audit.TOKEN_MADE, master.email, master.email, origin.address)
    return given


def make_token(service: Service, by: Master, name: str, days: int, origin: Origin) -> str:
    """A token of one's own with a name, for some days."""
    with service.db.transaction():
        token, _ = service.tokens.give(by.uid, days, name)
        service.audit.record(audit.TOKEN_MADE, by.email, by.email, origin.address, name)
    return token


def end_token(service: Service, by: Master, token: str, origin: Origin) -> None:
    """End a token that one has in hand."""
    service.tokens.end(token)
    service.audit.record(audit.TOKEN_ENDED, by.email, by.email, origin.address)


def end_sign_in(service: Service, by: Master, handle: str, origin: Origin) -> None:
    """End one of one's own sign-ins or tokens, by the handle that a list gives it. Raises NoSuchSignIn."""
    with service.db.transaction():
        if not service.tokens.end_listed(by.uid, handle):
            raise NoSuchSignIn(f"you have no sign-in {handle[:80]}; sign_ins lists them")
        service.audit.record(audit.TOKEN_ENDED, by.email, by.email, origin.address)


def end_own_tokens(service: Service, by: Master, origin: Origin) -> None:
    """End all of one's own tokens and sign-ins."""
    service.tokens.end_all(by.uid)
    service.audit.record(audit.TOKENS_ENDED, by.email, by.email, origin.address)


def end_everyones_tokens(service: Service, by: Master, origin: Origin) -> None:
    """End everybody's tokens and sign-ins. Raises AdminsOnly."""
    check_admin(by)
    service.tokens.end_everyones()
    service.audit.record(audit.TOKENS_ENDED, by.email, "everybody", origin.address)


def _check_sign_up(service: Service, new: NewPerson) -> None:
    if service.settings.signup != "open":
        raise NotAllowed("Sign-up is closed: an admin creates users (the setting SIGNUP)")
    if new.is_admin:
        raise NotAllowed("is_superuser: only an admin can make admins")
    if new.is_active is not None:
        raise NotAllowed("is_activated: only an admin can set this")


def _is_name_unfit(name: str) -> bool:
    return len(name) > NAME_MOST or "\0" in name


def _person(service: Service, by: Master, uid: str) -> Master:
    check_admin(by)
    person = service.masters.by_uid(uid)
    if person is None:
        raise NoSuchPerson(uid)
    return person
