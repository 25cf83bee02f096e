"""Masters: who they are, and how they sign in."""

import pytest

from tests.support.cast import person
from tests.support.clock import Clock
from walkabout.people.masters import EmailTaken
from walkabout.people.sign_ins import Origin, WrongPassword
from walkabout.service import Service


def test_a_new_master_has_an_active_graph(service: Service) -> None:
    ana = service.new_master("ana@example.com", "correct-horse", "Ana")
    assert service.graphs.list(ana.uid) == [ana.active_graph]


def test_an_email_is_kept_in_small_letters(service: Service) -> None:
    ana = service.new_master("Ana@Example.com", "correct-horse", "Ana")
    assert ana.email == "ana@example.com"
    assert service.masters.by_email("ANA@example.COM") == ana


def test_an_email_belongs_to_one_master(service: Service) -> None:
    person(service, "ana")
    with pytest.raises(EmailTaken):
        service.new_master("ANA@example.com", "correct-horse", "Another")


def test_a_master_that_could_not_be_made_leaves_no_graph(service: Service) -> None:
    person(service, "ana")
    with pytest.raises(EmailTaken):
        service.new_master("ana@example.com", "correct-horse", "Another")
    assert service.db.rows("SELECT count(*) FROM node") == [(1,)]


def test_a_password_is_not_stored_as_it_is(service: Service) -> None:
    service.new_master("ana@example.com", "correct-horse", "Ana")
    assert "correct-horse" not in str(service.db.rows("SELECT * FROM master"))


def test_email_and_password_sign_in(service: Service, clock: Clock) -> None:
    service.new_master("ana@example.com", "correct-horse", "Ana")
    clock.pass_(60)
    ana = service.sign_ins.sign_in("ANA@example.com", "correct-horse", Origin())
    assert ana.last_login_at == clock()


@pytest.mark.parametrize(
    ("email", "password"), [("ana@example.com", "wrong-horse"), ("bob@example.com", "correct-horse")]
)
def test_a_wrong_email_or_password_does_not_sign_in(service: Service, email: str, password: str) -> None:
    service.new_master("ana@example.com", "correct-horse", "Ana")
    with pytest.raises(WrongPassword):
        service.sign_ins.sign_in(email, password, Origin())


def test_who_is_not_active_does_not_sign_in(service: Service) -> None:
    service.new_master("ana@example.com", "correct-horse", "Ana")
    service.db.change("UPDATE master SET is_activated = 0")
    with pytest.raises(WrongPassword):
        service.sign_ins.sign_in("ana@example.com", "correct-horse", Origin())


def test_a_new_password_replaces_the_old_one(service: Service) -> None:
    ana = service.new_master("ana@example.com", "correct-horse", "Ana")
    service.sign_ins.set_password(ana, "battery-staple", Origin())
    assert service.sign_ins.sign_in(ana.email, "battery-staple", Origin()).uid == ana.uid
    with pytest.raises(WrongPassword):
        service.sign_ins.sign_in(ana.email, "correct-horse", Origin())


def test_a_master_can_be_renamed(service: Service) -> None:
    assert service.masters.rename(person(service, "ana").uid, "Anna").name == "Anna"


def test_the_first_admin_is_made_once(service: Service) -> None:
    assert service.first_admin() is not None
    assert service.first_admin() is None
    assert service.masters.any_superuser()


def test_a_made_up_password_of_the_first_admin_signs_in(service: Service) -> None:
    made = service.first_admin()
    assert made is not None
    assert service.sign_ins.sign_in(made[0], made[1] or "", Origin()).is_superuser


@pytest.mark.parametrize(
    ("search", "names"),
    [("", ["ana", "bob", "a_c"]), ("BO", ["bob"]), ("example", ["ana", "bob", "a_c"]), ("_", ["a_c"]), ("%", [])],
)
def test_a_page_of_masters_can_be_searched(service: Service, search: str, names: list[str]) -> None:
    for name in ("ana", "bob", "a_c"):
        person(service, name)
    total, page = service.masters.page(0, 0, True, search)
    assert (total, [master.name for master in page]) == (len(names), names)


@pytest.mark.parametrize(
    ("limit", "offset", "ascending", "names"),
    [(2, 0, True, ["ana", "bob"]), (2, 2, True, ["cyd"]), (2, 0, False, ["cyd", "bob"]), (0, 9, True, [])],
)
def test_masters_come_in_pages_by_age(
    service: Service, limit: int, offset: int, ascending: bool, names: list[str]
) -> None:
    for name in ("ana", "bob", "cyd"):
        person(service, name)
    total, page = service.masters.page(limit, offset, ascending, "")
    assert (total, [master.name for master in page]) == (3, names)
