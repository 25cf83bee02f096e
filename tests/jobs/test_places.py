"""Places that people share."""

import pytest

from walkabout.jobs.places import AllTaken, Fairness, Places, ShareFull

FAIR = Fairness(kept=0.125, few=4)


def places(most: int, within: Places | None = None) -> Places:
    return Places(most, FAIR, "runs", within=within)


def fill(places: Places, person: str) -> int:
    """How many places a person gets who takes all that there are."""
    for number in range(places.most + 1):
        try:
            places.take(person)
        except (ShareFull, AllTaken):
            return number
    raise AssertionError("more places than there are")


@pytest.mark.parametrize(("most", "hers"), [(4, 3), (8, 7), (128, 112), (224, 196), (256, 224)])
def test_one_person_gets_all_but_an_eighth(most: int, hers: int) -> None:
    shared = places(most)
    assert fill(shared, "ana") == hers
    with pytest.raises(ShareFull, match=f"{hers} of {most} are yours"):
        shared.take("ana")


def test_what_is_kept_is_for_people_who_hold_few() -> None:
    shared = places(128)
    fill(shared, "ana")
    assert [fill(shared, person) for person in ("bob", "cho", "dee", "eve")] == [4, 4, 4, 4]
    with pytest.raises(AllTaken, match="all 128"):
        shared.take("fay")


def test_who_holds_much_of_what_is_left_is_told_whom_the_rest_is_for() -> None:
    shared = places(128)
    for _ in range(60):
        shared.take("ana")
    assert fill(shared, "bob") == 52
    with pytest.raises(ShareFull, match="the 16 free ones are reserved for people who have fewer than 4"):
        shared.take("ana")
    shared.take("cho")


def test_a_place_that_was_given_back_is_free() -> None:
    shared = places(8)
    fill(shared, "ana")
    shared.give("ana")
    shared.take("ana")
    assert shared.taken == 7


def test_a_place_is_given_back_whatever_happens_in_it() -> None:
    shared = places(8)
    with pytest.raises(KeyError), shared.held("ana"):
        raise KeyError
    assert shared.taken == 0


def test_places_of_two_kinds_are_places_of_the_whole() -> None:
    whole = places(16)
    runs, waits = places(8, whole), places(14, whole)
    assert (fill(runs, "ana"), fill(waits, "ana")) == (7, 7)
    assert (runs.taken, waits.taken, whole.taken) == (7, 7, 14)
    waits.take("bob")
    runs.take("bob")
    with pytest.raises(AllTaken):
        waits.take("cho")
    runs.give("ana")
    waits.take("cho")


def test_a_place_that_is_refused_holds_none_of_the_whole() -> None:
    whole = places(16)
    runs = places(2, whole)
    runs.take("ana")
    with pytest.raises(ShareFull):
        runs.take("ana")
    assert whole.taken == 1


def test_a_single_place_is_anybodys() -> None:
    shared = places(1)
    shared.take("ana")
    with pytest.raises(AllTaken):
        shared.take("bob")


def test_nothing_is_kept_where_the_setting_says_so() -> None:
    assert fill(Places(8, Fairness(kept=0.0, few=4), "runs"), "ana") == 8
