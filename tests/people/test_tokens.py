"""Tokens: given, read, ended, and over by themselves."""

import pytest

from tests.support.cast import person
from tests.support.clock import Clock
from walkabout.people.tokens import REMEMBER_S, Tokens
from walkabout.service import Service


def test_a_token_names_its_owner(service: Service) -> None:
    ana = person(service, "ana")
    token, _ = service.tokens.give(ana.uid, 1)
    assert service.tokens.owner(token) == ana


def test_an_unknown_token_names_nobody(service: Service) -> None:
    assert service.tokens.owner("made-up") is None


def test_a_token_is_not_stored_as_it_is(service: Service) -> None:
    token, _ = service.tokens.give(person(service, "ana").uid, 1)
    assert token not in str(service.db.rows("SELECT * FROM token"))


def test_a_token_ends_after_its_days(service: Service, clock: Clock) -> None:
    token, expires_at = service.tokens.give(person(service, "ana").uid, 2)
    assert expires_at == clock() + 2 * 86400
    clock.pass_(2 * 86400)
    assert service.tokens.owner(token) is None


def test_a_token_that_was_just_read_ends_at_its_time_too(service: Service, clock: Clock) -> None:
    token, _ = service.tokens.give(person(service, "ana").uid, 1)
    clock.pass_(86400 - 0.5)
    assert service.tokens.owner(token) is not None
    clock.pass_(0.6)
    assert service.tokens.owner(token) is None


def test_an_ended_token_names_nobody_at_once(service: Service) -> None:
    token, _ = service.tokens.give(person(service, "ana").uid, 1)
    service.tokens.owner(token)
    service.tokens.end(token)
    assert service.tokens.owner(token) is None


def test_ending_a_token_leaves_the_others(service: Service) -> None:
    ana = person(service, "ana")
    one, two = (service.tokens.give(ana.uid, 1)[0] for _ in range(2))
    service.tokens.end(one)
    assert service.tokens.owner(two) == ana


def test_all_tokens_of_one_master_end_but_for_one(service: Service) -> None:
    ana, bob = person(service, "ana"), person(service, "bob")
    mine, other, bobs = (service.tokens.give(who.uid, 1)[0] for who in (ana, ana, bob))
    service.tokens.end_all(ana.uid, keep=mine)
    assert [service.tokens.owner(token) for token in (mine, other, bobs)] == [ana, None, bob]


def test_all_tokens_of_everybody_end(service: Service) -> None:
    tokens = [service.tokens.give(person(service, name).uid, 1)[0] for name in ("ana", "bob")]
    service.tokens.end_everyones()
    assert [service.tokens.owner(token) for token in tokens] == [None, None]


def test_giving_a_token_takes_out_what_has_expired(service: Service, clock: Clock) -> None:
    ana = person(service, "ana")
    service.tokens.give(ana.uid, 1)
    clock.pass_(86401)
    service.tokens.give(ana.uid, 1)
    assert service.db.rows("SELECT count(*) FROM token") == [(1,)]


def test_who_is_not_active_has_no_tokens(service: Service) -> None:
    token, _ = service.tokens.give(person(service, "ana").uid, 1)
    service.db.change("UPDATE master SET is_activated = 0")
    assert service.tokens.owner(token) is None


def test_a_token_ended_by_another_process_is_seen_within_a_second(service: Service, clock: Clock) -> None:
    token, _ = service.tokens.give(person(service, "ana").uid, 1)
    service.tokens.owner(token)
    Tokens(service.db, service.masters, clock, 3600).end(token)
    clock.pass_(REMEMBER_S)
    assert service.tokens.owner(token) is None


def test_what_is_remembered_of_a_master_can_be_forgotten(service: Service) -> None:
    ana = person(service, "ana")
    token, _ = service.tokens.give(ana.uid, 1)
    service.tokens.owner(token)
    service.masters.rename(ana.uid, "Anna")
    service.tokens.forget()
    owner = service.tokens.owner(token)
    assert owner is not None
    assert owner.name == "Anna"


def test_a_clock_that_is_set_back_makes_nobody_remembered_longer(service: Service, clock: Clock) -> None:
    token, _ = service.tokens.give(person(service, "ana").uid, 1)
    service.tokens.owner(token)
    Tokens(service.db, service.masters, clock, 3600).end(token)
    clock.pass_(-3600)
    assert service.tokens.owner(token) is None


@pytest.mark.parametrize("token", ["", "\ud800", "x" * 10_000])
def test_odd_tokens_name_nobody(service: Service, token: str) -> None:
    assert service.tokens.owner(token) is None
