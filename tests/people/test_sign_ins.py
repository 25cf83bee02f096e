"""One way to sign in: what is counted where, and who gets in while others fail."""

import threading
from dataclasses import replace

import pytest

from tests.support.cast import CHEAP, person
from tests.support.clock import Clock
from walkabout.database.connections import Unavailable
from walkabout.people import audit
from walkabout.people.attempts import TooManyAttempts
from walkabout.people.masters import Master
from walkabout.people.passwords import Cost, HashesBusy, Passwords
from walkabout.people.sign_ins import Origin, WrongPassword
from walkabout.service import Service, build

RIGHT = "correct-horse"
LAPTOP = Origin("192.0.2.1", "192.0.2.1", "laptop")
PROGRAM = Origin("192.0.2.9", "192.0.2.9")
STRANGER = Origin("203.0.113.5", "203.0.113.5")


@pytest.fixture
def ana(service: Service) -> Master:
    return service.new_master("ana@example.com", RIGHT, "Ana")


def fail(
    service: Service, times: int, origin: Origin = STRANGER, email: str = "ana@example.com", tag: str = ""
) -> None:
    for number in range(times):
        with pytest.raises(WrongPassword):
            service.sign_ins.sign_in(email, f"guess {tag} {number}", origin)


def refused(service: Service, origin: Origin, email: str = "ana@example.com", password: str = RIGHT) -> float:
    with pytest.raises(TooManyAttempts) as caught:
        service.sign_ins.sign_in(email, password, origin)
    return caught.value.wait_s


def happened(service: Service, event: str) -> list[audit.Entry]:
    return [entry for entry in service.audit.newest(1000) if entry.event == event]


def test_a_stranger_who_fails_on_an_account_has_to_wait_wherever_they_come_from(service: Service, ana: Master) -> None:
    fail(service, service.settings.sign_in_tries)
    assert refused(service, STRANGER) == 60
    assert refused(service, replace(STRANGER, address="198.51.100.7", place="198.51.100.7")) == 60


@pytest.mark.parametrize("device", [LAPTOP, replace(LAPTOP, address="198.51.100.1", place="198.51.100.1"), PROGRAM])
def test_who_has_signed_in_before_gets_in_while_strangers_fail(service: Service, ana: Master, device: Origin) -> None:
    for known in (LAPTOP, PROGRAM):
        service.sign_ins.sign_in(ana.email, RIGHT, known)
    fail(service, service.settings.sign_in_tries)
    assert service.sign_ins.sign_in(ana.email, RIGHT, device).uid == ana.uid
    assert refused(service, STRANGER) == 60


def test_a_known_device_gets_in_though_its_address_is_used_up(service: Service, ana: Master) -> None:
    service.sign_ins.sign_in(ana.email, RIGHT, LAPTOP)
    neighbour = replace(LAPTOP, device=None)
    for number in range(service.settings.sign_in_tries_address):
        fail(service, 1, neighbour, f"{number}@example.com")
    refused(service, neighbour, "new@example.com")
    assert service.sign_ins.sign_in(ana.email, RIGHT, LAPTOP).uid == ana.uid


def test_a_known_device_has_its_own_count(service: Service, ana: Master) -> None:
    service.sign_ins.sign_in(ana.email, RIGHT, LAPTOP)
    fail(service, service.settings.sign_in_tries, LAPTOP)
    assert refused(service, LAPTOP) == 60
    assert service.sign_ins.sign_in(ana.email, RIGHT, STRANGER).uid == ana.uid


def test_a_device_is_known_for_those_alone_who_have_signed_in_from_it(service: Service, ana: Master) -> None:
    service.new_master("bob@example.com", RIGHT, "Bob")
    service.sign_ins.sign_in("bob@example.com", RIGHT, LAPTOP)
    fail(service, service.settings.sign_in_tries, STRANGER)
    refused(service, LAPTOP)


def test_a_device_is_forgotten_when_it_is_not_seen(service: Service, ana: Master, clock: Clock) -> None:
    service.sign_ins.sign_in(ana.email, RIGHT, LAPTOP)
    clock.pass_(service.settings.device_days * 86400 + 1)
    fail(service, service.settings.sign_in_tries)
    refused(service, LAPTOP)


def test_devices_are_bounded(service: Service, ana: Master, clock: Clock) -> None:
    for number in range(60):
        clock.pass_(1)
        service.sign_ins.devices.remember(ana.uid, [f"browser {number}"])
    assert service.db.rows("SELECT count(*) FROM known_device") == [(50,)]
    assert service.sign_ins.devices.first_known(ana.uid, ["browser 9", "browser 10"]) == "browser 10"


def test_counts_and_devices_outlive_a_restart(service: Service, ana: Master, clock: Clock) -> None:
    service.sign_ins.sign_in(ana.email, RIGHT, LAPTOP)
    fail(service, service.settings.sign_in_tries)
    again = build(service.settings, clock=clock, password_cost=CHEAP)
    refused(again, STRANGER)
    assert again.sign_ins.sign_in(ana.email, RIGHT, LAPTOP).uid == ana.uid
    again.close()


def test_an_unknown_email_is_counted_and_looked_at_as_a_known_one(
    service: Service, ana: Master, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes: list[str] = []
    real = Passwords.is_right

    def is_right(self: Passwords, kept: str | None, password: str) -> bool:
        hashes.append(password)
        return real(self, kept, password)

    monkeypatch.setattr(Passwords, "is_right", is_right)
    waits = []
    for email in ("ana@example.com", "nobody@example.com"):
        hashes.clear()
        fail(service, service.settings.sign_in_tries, Origin(), email)
        assert len(hashes) == service.settings.sign_in_tries
        waits.append(refused(service, Origin(), email))
    assert waits == [60, 60]


def test_of_sixty_guesses_at_once_no_more_are_hashed_than_are_allowed(
    service: Service, ana: Master, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    monkeypatch.setattr(Passwords, "is_right", lambda self, kept, password: bool(hashed.append(password)))
    begin, ended = threading.Barrier(60), []

    def guess(number: int) -> None:
        begin.wait()
        try:
            service.sign_ins.sign_in(ana.email, f"guess {number}", STRANGER)
        except (WrongPassword, TooManyAttempts) as error:
            ended.append(type(error))

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(hashed) == service.settings.sign_in_tries == 10
    assert (ended.count(WrongPassword), ended.count(TooManyAttempts)) == (10, 50)


def test_the_same_wrong_password_is_hashed_and_counted_once(
    service: Service, ana: Master, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    monkeypatch.setattr(Passwords, "is_right", lambda self, kept, password: bool(hashed.append(password)))
    for _ in range(100):
        with pytest.raises(WrongPassword):
            service.sign_ins.sign_in(ana.email, "an-old-one", STRANGER)
    assert hashed == ["an-old-one"]
    assert len(happened(service, audit.SIGN_IN_FAILED)) == 1


def test_a_password_that_was_wrong_is_right_once_it_is_the_password(service: Service, ana: Master) -> None:
    for email in (ana.email, "new@example.com"):
        with pytest.raises(WrongPassword):
            service.sign_ins.sign_in(email, "battery-staple", STRANGER)
    service.sign_ins.set_password(ana, "battery-staple", Origin())
    service.new_master("new@example.com", "battery-staple", "New")
    for email in (ana.email, "new@example.com"):
        assert service.sign_ins.sign_in(email, "battery-staple", STRANGER).email == email


def test_who_is_enabled_again_gets_in_at_once(service: Service, ana: Master) -> None:
    service.new_master("bob@example.com", RIGHT, "Bob", superuser=True)
    service.masters.deactivate(ana.uid)
    with pytest.raises(WrongPassword):
        service.sign_ins.sign_in(ana.email, RIGHT, STRANGER)
    service.masters.activate(ana.uid)
    assert service.sign_ins.sign_in(ana.email, RIGHT, STRANGER).uid == ana.uid


@pytest.mark.parametrize("change", ["UPDATE master SET is_activated = 0", "UPDATE master SET password_hash = 'other'"])
def test_what_changes_while_the_hash_is_made_counts(
    service: Service, ana: Master, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Passwords, "is_right", lambda self, kept, password: bool(service.db.change(change)))
    with pytest.raises(WrongPassword):
        service.sign_ins.sign_in(ana.email, RIGHT, STRANGER)


def test_a_hash_of_an_earlier_version_is_made_anew_at_the_next_sign_in(service: Service, ana: Master) -> None:
    service.sign_ins.passwords.cost = Cost(n=4, r=1, p=2)
    assert service.sign_ins.sign_in(ana.email, RIGHT, STRANGER).uid == ana.uid
    found = service.masters.credentials(ana.email)
    assert found is not None
    assert found.password_hash.startswith("scrypt:4:1:2$")
    assert service.sign_ins.sign_in(ana.email, RIGHT, STRANGER).uid == ana.uid


def test_who_finds_all_places_for_hashes_taken_has_not_tried(
    service: Service, ana: Master, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> bool:
        raise HashesBusy(5)

    with monkeypatch.context() as patched:
        patched.setattr(Passwords, "is_right", busy)
        for number in range(30):
            with pytest.raises(HashesBusy):
                service.sign_ins.sign_in(ana.email, f"guess {number}", STRANGER)
    assert service.sign_ins.sign_in(ana.email, RIGHT, STRANGER).uid == ana.uid


@pytest.mark.sqlite
def test_a_database_that_can_not_be_written_opens_no_door(service: Service, ana: Master) -> None:
    service.db.change("PRAGMA query_only = 1")
    with pytest.raises(Unavailable):
        service.sign_ins.sign_in(ana.email, RIGHT, STRANGER)


def test_places_that_are_not_known_are_not_counted(service: Service, ana: Master) -> None:
    for number in range(service.settings.sign_in_tries_address + 10):
        fail(service, 1, Origin("127.0.0.1"), f"{number}@example.com")
    assert service.sign_ins.sign_in(ana.email, RIGHT, Origin("127.0.0.1")).uid == ana.uid


def test_somebody_without_a_password_is_not_let_in(service: Service) -> None:
    with pytest.raises(WrongPassword):
        service.sign_ins.sign_in(person(service, "cleo").email, "", STRANGER)


def test_the_current_password_is_guessed_only_so_often(service: Service, ana: Master) -> None:
    for number in range(service.settings.sign_in_tries):
        with pytest.raises(WrongPassword):
            service.sign_ins.check_own(ana, f"guess {number}", STRANGER)
    with pytest.raises(TooManyAttempts):
        service.sign_ins.check_own(ana, RIGHT, STRANGER)
    assert len(happened(service, audit.PASSWORD_REFUSED)) == service.settings.sign_in_tries
    assert service.sign_ins.sign_in(ana.email, RIGHT, STRANGER).uid == ana.uid


def test_strangers_make_only_so_many_accounts(service: Service, clock: Clock) -> None:
    def make(number: int, origin: Origin) -> None:
        with service.sign_ins.sign_up(origin):
            service.new_master(f"{number}@example.com", RIGHT, "")

    for number in range(service.settings.sign_ups_address):
        make(number, STRANGER)
    with pytest.raises(TooManyAttempts):
        make(100, STRANGER)
    make(101, LAPTOP)
    clock.pass_(3600)
    make(102, STRANGER)


def test_strangers_make_only_so_many_accounts_in_all(service: Service) -> None:
    for number in range(service.settings.sign_ups):
        with service.sign_ins.sign_up(Origin("a", f"192.0.2.{number}")):
            pass
    with pytest.raises(TooManyAttempts), service.sign_ins.sign_up(LAPTOP):
        raise AssertionError("not reached")


def test_what_happened_is_kept_by_account_address_and_reason(service: Service, ana: Master) -> None:
    service.sign_ins.sign_in(ana.email, RIGHT, LAPTOP)
    fail(service, 1)
    fail(service, 1, STRANGER, "hunter2hunter2")
    done, wrong, unknown = (
        happened(service, audit.SIGNED_IN)[0],
        happened(service, audit.SIGN_IN_FAILED)[1],
        happened(service, audit.SIGN_IN_FAILED)[0],
    )
    assert (done.actor, done.about, done.address) == (ana.email, ana.email, "192.0.2.1")
    assert (wrong.about, wrong.address, wrong.detail) == (ana.email, "203.0.113.5", "wrong password")
    assert (unknown.about, unknown.detail) == ("hu…", "no such account")


def test_passwords_stand_nowhere(service: Service, ana: Master) -> None:
    told: list[str] = []
    service.sign_ins.log.events.listen(lambda name, fields: told.append(str(fields)))
    service.sign_ins.sign_in(ana.email, RIGHT, LAPTOP)
    fail(service, 1, STRANGER, "typed-as-email")
    tables = service.db._db.get_tables()
    everything = "".join(told + [str(service.db.rows(f"SELECT * FROM {table}")) for table in tables])
    assert told
    for secret in (RIGHT, "guess", "typed-as-email"):
        assert secret not in everything
