"""Signing in with email and password, the same for the page and the routes.

An attempt is counted before its password is looked at (see attempts.py): for the place that it comes from and for the
account. From a device that has signed in before (see devices.py) it is counted for that device alone, so that neither
strangers who fail on the account nor neighbours who share the address keep its owner out.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from walkabout.database.connections import Unavailable
from walkabout.people import audit
from walkabout.people.attempts import Attempts, Lane, Reservation
from walkabout.people.audit import Audit, beginning_of
from walkabout.people.devices import Devices
from walkabout.people.emails import normal_email
from walkabout.people.masters import Master, Masters
from walkabout.people.password_rules import Weakness, weakness
from walkabout.people.passwords import Cost, HashesBusy, Passwords
from walkabout.setting_groups.people import PeopleSettings

HOUR_S = 3600.0


class WrongPassword(Exception):
    """Email and password do not go together, or the account is disabled: who asks is not told which."""


@dataclass(frozen=True)
class Origin:
    """From where somebody asks. `address`: as it is told to people; `place`: as it is counted (None: for none);
    `device`: the name in the browser's cookie, if it has one of ours; `agent`: what the client says that it is.
    """

    address: str = ""
    place: str | None = None
    device: str | None = None
    agent: str = ""

    @property
    def devices(self) -> list[str]:
        """What may be known of it, the surest first."""
        places = [f"place {self.place}"] if self.place else []
        return [*([f"browser {self.device}"] if self.device else []), *places]


@dataclass
class SignIns:
    """Lets people in, and lets them change their passwords. Raises Unavailable when the database can't be written.

    `clock`: UTC seconds.
    """

    masters: Masters
    passwords: Passwords
    attempts: Attempts
    devices: Devices
    log: Audit
    settings: PeopleSettings
    clock: Callable[[], float]

    def sign_in(self, email: str, password: str, origin: Origin) -> Master:
        """The active master whom email and password name, noted as signed in now, from a device that is known now.

        Raises WrongPassword, TooManyAttempts, HashesBusy.
        """
        found = self.masters.credentials(email)
        account = found.email if found else normal_email(email)
        with self._reserve(
            self._lanes(account, found.uid if found else None, origin), account, password
        ) as reservation:
            right = not reservation.is_known_wrong and self.passwords.is_right(
                found.password_hash if found else None, password
            )
            if found is None or not right:
                about, reason = (account, "wrong password") if found else (beginning_of(email), "no such account")
                self._refuse(reservation, about, origin, reason)
                raise WrongPassword
            rehashed = self.passwords.hash(password) if self.passwords.is_outdated(found.password_hash) else None
        with self.masters.db.transaction():
            # Whether it is active, and has this password still, is asked last: neither may change under our hands.
            if not self.masters.note_sign_in(found.uid, found.password_hash, self.clock(), rehashed):
                self.attempts.leave_open(reservation)
                master = None
            else:
                self.attempts.succeed(reservation)
                self.devices.remember(found.uid, origin.devices)
                master = self.masters.by_uid(found.uid)
                self.log.record(audit.SIGNED_IN, account, account, origin.address)
        if master is None:
            self.log.record(audit.SIGN_IN_FAILED, "", account, origin.address, "disabled")
            raise WrongPassword
        return master

    def check_own(self, master: Master, password: str, origin: Origin) -> None:
        """Whether who is signed in knows the password. Raises WrongPassword, TooManyAttempts, HashesBusy."""
        lane = Lane(f"own {master.uid}", self.settings.sign_in_tries, self.settings.sign_in_window_s, grows=True)
        found = self.masters.credentials(master.email)
        with self._reserve([lane], master.email, password) as reservation:
            if reservation.is_known_wrong or not self.passwords.is_right(
                found.password_hash if found else None, password
            ):
                self._refuse(reservation, master.email, origin, "wrong current password", audit.PASSWORD_REFUSED)
                raise WrongPassword
        self.attempts.succeed(reservation)

    def is_password(self, master: Master, password: str) -> bool:
        """Whether it is the password of somebody who is signed in by it: no attempt. Raises HashesBusy."""
        found = self.masters.credentials(master.email)
        return self.passwords.is_right(found.password_hash if found else None, password)

    def weakness(self, password: str, email: str, name: str) -> Weakness | None:
        """What is wrong with a password that a person chose; None: nothing."""
        return weakness(password, self.settings.password_most, email, name)

    def set_password(self, master: Master, password: str, origin: Origin, *, by: Master | None = None) -> None:
        """Replace somebody's password by one that is not weak. Raises HashesBusy.

        `by`: somebody else who has chosen it; then it is for one sign-in on the page.
        """
        password_hash = self.passwords.hash(password)
        with self.masters.db.transaction():
            self.masters.set_password_hash(master.uid, password_hash, must_change=by is not None)
            self.attempts.forget_passwords(master.email)
            self.log.record(audit.PASSWORD_CHANGED, (by or master).email, master.email, origin.address)

    def note_creation(self, master: Master, by: str, address: str) -> None:
        """A master was made by somebody (an email): what was wrong for this email before may be right now."""
        self.attempts.forget_passwords(master.email)
        self.log.record(audit.PERSON_MADE, by, master.email, address, "admin" if master.is_superuser else "")

    @contextmanager
    def sign_up(self, origin: Origin) -> Iterator[None]:
        """Around a stranger's making of an account. Raises TooManyAttempts."""
        lanes = [Lane("sign-ups", self.settings.sign_ups, HOUR_S)]
        if origin.place:
            lanes.append(Lane(f"sign-ups {origin.place}", self.settings.sign_ups_address, HOUR_S))
        with self._reserve(lanes):
            yield

    @contextmanager
    def _reserve(self, lanes: list[Lane], account: str = "", password: str | None = None) -> Iterator[Reservation]:
        reservation = self.attempts.reserve(lanes, account, password)
        try:
            yield reservation
        except (HashesBusy, Unavailable):
            self.attempts.release(reservation)  # it was not looked at
            raise

    def _lanes(self, account: str, uid: str | None, origin: Origin) -> list[Lane]:
        tries, window_s = self.settings.sign_in_tries, self.settings.sign_in_window_s
        device = self.devices.first_known(uid, origin.devices) if uid else None
        if device is not None:
            return [Lane(f"account {account} {device}", tries, window_s, grows=True)]
        lanes = [Lane(f"account {account}", tries, window_s, grows=True)]
        if origin.place:
            lanes.append(Lane(f"place {origin.place}", self.settings.sign_in_tries_address, window_s))
        return lanes

    def _refuse(
        self, reservation: Reservation, about: str, origin: Origin, reason: str, event: str = audit.SIGN_IN_FAILED
    ) -> None:
        if reservation.is_known_wrong:
            self.log.events.debug("sign_in.repeated", about=about, address=origin.address)
            return
        with self.masters.db.transaction():
            wait_s = self.attempts.fail(reservation)
            waits = f"; the next attempt waits {wait_s:.0f} s" if wait_s else ""
            self.log.record(event, "", about, origin.address, reason + waits)


def sign_ins_of(
    settings: PeopleSettings,
    masters: Masters,
    audit_log: Audit,
    *,
    secret: bytes,
    password_cost: Cost,
) -> SignIns:
    """The door of an installation, as its settings have it. `secret`: the installation's own."""
    db, clock = audit_log.db, audit_log.clock
    return SignIns(
        masters=masters,
        passwords=Passwords(settings.hashes_most, settings.hash_wait_s, password_cost),
        attempts=Attempts(db, secret, clock),
        devices=Devices(db, secret, clock, settings.device_days),
        log=audit_log,
        settings=settings,
        clock=clock,
    )
