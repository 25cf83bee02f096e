"""Aliases: a master's own short names."""

from tests.support.cast import person
from walkabout.service import Service


def test_a_name_stands_for_its_value(service: Service) -> None:
    ana = person(service, "ana")
    service.aliases.register(ana.uid, "home", "urn:1")
    assert service.aliases.value(ana.uid, "home") == "urn:1"


def test_a_name_that_was_never_given_stands_for_nothing(service: Service) -> None:
    assert service.aliases.value(person(service, "ana").uid, "home") is None


def test_a_name_given_again_stands_for_the_new_value(service: Service) -> None:
    ana = person(service, "ana")
    for value in ("urn:1", "urn:2"):
        service.aliases.register(ana.uid, "home", value)
    assert service.aliases.all(ana.uid) == {"home": "urn:2"}


def test_names_belong_to_their_master(service: Service) -> None:
    ana, bob = person(service, "ana"), person(service, "bob")
    service.aliases.register(ana.uid, "home", "urn:1")
    assert service.aliases.value(bob.uid, "home") is None
    assert service.aliases.delete(bob.uid, "home") is False


def test_all_names_come_sorted(service: Service) -> None:
    ana = person(service, "ana")
    for name in ("c", "a", "b"):
        service.aliases.register(ana.uid, name, name)
    assert list(service.aliases.all(ana.uid)) == ["a", "b", "c"]


def test_a_name_is_deleted_once(service: Service) -> None:
    ana = person(service, "ana")
    service.aliases.register(ana.uid, "home", "urn:1")
    assert [service.aliases.delete(ana.uid, "home") for _ in range(2)] == [True, False]


def test_clearing_takes_a_masters_own_names(service: Service) -> None:
    ana, bob = person(service, "ana"), person(service, "bob")
    for who in (ana, bob):
        service.aliases.register(who.uid, "a", "1")
        service.aliases.register(who.uid, "b", "2")
    assert service.aliases.clear(ana.uid) == 2
    assert len(service.aliases.all(bob.uid)) == 2
