"""Keys of public walkers."""

from tests.support.cast import person
from walkabout.people.keys import Keys
from walkabout.service import Service


def test_a_key_is_the_same_each_time(service: Service) -> None:
    ana = person(service, "ana")
    assert service.keys.key(ana.uid, "echo") == service.keys.key(ana.uid, "echo")


def test_a_key_leads_to_its_owner(service: Service) -> None:
    ana = person(service, "ana")
    assert service.keys.owner(service.keys.key(ana.uid, "echo"), "echo") == ana.uid


def test_a_key_opens_its_own_walker_only(service: Service) -> None:
    key = service.keys.key(person(service, "ana").uid, "echo")
    assert service.keys.owner(key, "count") is None


def test_each_master_has_another_key(service: Service) -> None:
    ana, bob = person(service, "ana"), person(service, "bob")
    assert service.keys.key(ana.uid, "echo") != service.keys.key(bob.uid, "echo")


def test_a_new_key_ends_the_one_before(service: Service) -> None:
    ana = person(service, "ana")
    before = service.keys.key(ana.uid, "echo")
    after = service.keys.new_key(ana.uid, "echo")
    assert service.keys.key(ana.uid, "echo") == after != before
    assert service.keys.owner(before, "echo") is None


def test_a_key_of_who_is_not_active_leads_to_nobody(service: Service) -> None:
    key = service.keys.key(person(service, "ana").uid, "echo")
    service.db.change("UPDATE master SET is_activated = 0")
    assert service.keys.owner(key, "echo") is None


def test_a_key_is_not_stored_as_it_is(service: Service) -> None:
    key = service.keys.key(person(service, "ana").uid, "echo")
    assert key not in str(service.db.rows("SELECT * FROM walker_key"))


def test_another_secret_makes_other_keys(service: Service) -> None:
    ana = person(service, "ana")
    assert Keys(service.db, b"another").key(ana.uid, "echo") != service.keys.key(ana.uid, "echo")
