"""Attempts are counted before they are looked at, in the database, and what was right does not count."""

import threading
from collections.abc import Callable

import pytest

from tests.support.clock import Clock
from walkabout.people import attempts as module
from walkabout.people.attempts import Attempts, Lane, Reservation, TooManyAttempts
from walkabout.service import Service

ACCOUNT = Lane("account ana", 3, 150.0, grows=True)
PLACE = Lane("place 192.0.2.1", 5, 150.0)


@pytest.fixture
def attempts(service: Service) -> Attempts:
    return service.sign_ins.attempts


def fail(attempts: Attempts, *passwords: str, lanes: tuple[Lane, ...] = (ACCOUNT,)) -> list[Reservation]:
    made = [attempts.reserve(lanes, "ana", password) for password in passwords]
    for one in made:
        attempts.fail(one)
    return made


def wait_s(attempts: Attempts, *lanes: Lane, password: str = "another") -> float:
    with pytest.raises(TooManyAttempts) as caught:
        attempts.reserve(lanes or (ACCOUNT,), "ana", password)
    return caught.value.wait_s


def rows(service: Service, table: str) -> int:
    return int(service.db.rows(f"SELECT count(*) FROM {table}")[0][0])


def test_the_last_allowed_one_is_looked_at_and_the_next_waits(attempts: Attempts) -> None:
    fail(attempts, "a", "b", "c")
    assert wait_s(attempts) == 10


def test_an_attempt_counts_before_anybody_knows_how_it_ends(attempts: Attempts) -> None:
    for password in "abc":
        attempts.reserve([ACCOUNT], "ana", password)
    assert wait_s(attempts) == 10


def test_of_sixty_at_once_as_many_are_looked_at_as_are_allowed(attempts: Attempts) -> None:
    lane, begin = Lane("account bob", 10, 900.0, grows=True), threading.Barrier(60)
    outcomes: list[str] = []

    def attempt(number: int) -> None:
        begin.wait()
        try:
            attempts.reserve([lane], "bob", f"guess {number}")
        except TooManyAttempts:
            outcomes.append("refused")
        else:
            outcomes.append("looked at")

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcomes.count("looked at"), outcomes.count("refused")) == (10, 50)


def test_waits_double_up_to_the_window(attempts: Attempts, clock: Clock) -> None:
    fail(attempts, "a", "b")
    waits = []
    for password in "cdefgh":
        fail(attempts, password)
        waits.append(wait_s(attempts))
        clock.pass_(waits[-1])
    assert waits == [10, 20, 40, 80, 150, 150]


def test_all_is_forgotten_after_a_quiet_window(attempts: Attempts, clock: Clock, service: Service) -> None:
    fail(attempts, "a", "b", "c")
    clock.pass_(10 + 150)
    fail(attempts, "a", "b", "c")
    assert wait_s(attempts) == 10
    assert (rows(service, "attempt_count"), rows(service, "tried_password")) == (1, 3)


def test_a_place_waits_until_its_window_is_past(attempts: Attempts, clock: Clock) -> None:
    for number in range(5):
        fail(attempts, str(number), lanes=(Lane(f"account {number}", 3, 150.0, grows=True), PLACE))
        clock.pass_(10)
    assert wait_s(attempts, Lane("account new", 3, 150.0), PLACE) == 100
    clock.pass_(100)
    attempts.reserve([Lane("account new", 3, 150.0), PLACE], "new", "x")


def test_a_refused_attempt_counts_nowhere(attempts: Attempts) -> None:
    fail(attempts, "a", "b", "c")
    for _ in range(10):
        wait_s(attempts, ACCOUNT, PLACE)
    for number in range(5):
        attempts.reserve([Lane(f"account {number}", 3, 150.0), PLACE], str(number), "x")


def test_the_same_wrong_password_counts_once_and_is_known(attempts: Attempts) -> None:
    fail(attempts, "a")
    again = [attempts.reserve([ACCOUNT, PLACE], "ana", "a") for _ in range(20)]
    assert {(made.is_known_wrong, made.is_counted) for made in again} == {(True, False)}
    fail(attempts, "b", "c")
    assert wait_s(attempts, password="a") == 10


def test_the_same_password_at_once_counts_once_and_is_looked_at(attempts: Attempts) -> None:
    made = [attempts.reserve([ACCOUNT], "ana", "right") for _ in range(5)]
    assert [one.is_known_wrong for one in made] == [False] * 5
    for one in made:
        attempts.succeed(one)
    fail(attempts, "a", "b")
    attempts.reserve([ACCOUNT], "ana", "c")


def test_the_same_password_counts_for_each_account(attempts: Attempts) -> None:
    for name in "vwxyz":
        attempts.fail(attempts.reserve([Lane(f"account {name}", 3, 150.0), PLACE], name, "spring-2026"))
    assert wait_s(attempts, Lane("account u", 3, 150.0), PLACE) == 150


def test_what_was_right_forgets_the_account_and_did_not_count_for_the_place(attempts: Attempts) -> None:
    for _ in range(20):
        fail(attempts, "a")
        attempts.succeed(attempts.reserve([ACCOUNT, PLACE], "ana", "right"))
    fail(attempts, "a", "b", "c")


def test_a_success_elsewhere_does_not_clean_a_place(attempts: Attempts) -> None:
    for number in range(4):
        attempts.fail(attempts.reserve([Lane(f"account {number}", 3, 150.0), PLACE], str(number), "x"))
    mine = Lane("account mallory", 3, 150.0, grows=True)
    attempts.succeed(attempts.reserve([mine, PLACE], "mallory", "right"))
    attempts.fail(attempts.reserve([mine, PLACE], "mallory", "x"))
    assert wait_s(attempts, Lane("account u", 3, 150.0), PLACE) == 150


def test_what_was_not_looked_at_is_given_back(attempts: Attempts) -> None:
    for password in "abc":
        attempts.release(attempts.reserve([ACCOUNT, PLACE], "ana", password))
    fail(attempts, "a", "b")
    attempts.release(attempts.reserve([ACCOUNT], "ana", "c"))
    fail(attempts, "d")
    assert wait_s(attempts) == 10


def test_another_password_of_the_account_may_be_one_that_was_wrong(attempts: Attempts) -> None:
    fail(attempts, "a")
    attempts.forget_passwords("ana")
    assert not attempts.reserve([ACCOUNT], "ana", "a").is_known_wrong


def test_counts_outlive_a_restart_and_hold_in_another_process(service: Service, attempts: Attempts) -> None:
    fail(attempts, "a", "b", "c")
    assert wait_s(Attempts(service.db, service.secret, service.clock)) == 10


def test_nothing_that_was_typed_is_stored(service: Service, attempts: Attempts) -> None:
    attempts.fail(attempts.reserve([Lane("account my-secret-as-email", 3, 150.0)], "my-secret-as-email", "pass-word-1"))
    stored = str([service.db.rows(f"SELECT * FROM {table}") for table in ("attempt_count", "tried_password")])
    assert "secret" not in stored
    assert "pass-word" not in stored


def test_rows_have_an_end_and_those_that_end_first_go_first(
    attempts: Attempts, service: Service, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ROWS_MOST", 10)
    for number in range(30):
        clock.pass_(1)
        attempts.fail(attempts.reserve([Lane(f"account {number}", 1, 150.0, grows=True)], str(number), "x"))
    assert rows(service, "attempt_count") <= 11
    assert rows(service, "tried_password") <= 11
    assert wait_s(attempts, Lane("account 29", 1, 150.0, grows=True)) == 10


@pytest.mark.parametrize("odd", ["", "\0", "\ud800", "x" * 100_000, "é\u202e"])
def test_any_text_can_be_counted(attempts: Attempts, odd: str) -> None:
    attempts.fail(attempts.reserve([Lane(f"account {odd}", 1, 150.0, grows=True)], odd, odd))
    assert wait_s(attempts, Lane(f"account {odd}", 1, 150.0, grows=True)) == 10


@pytest.mark.parametrize("settle", [Attempts.fail, Attempts.succeed, Attempts.release])
def test_what_is_settled_after_it_was_forgotten_changes_nothing(
    attempts: Attempts, clock: Clock, service: Service, settle: Callable[[Attempts, Reservation], object]
) -> None:
    made = attempts.reserve([ACCOUNT, PLACE], "ana", "a")
    clock.pass_(1000)
    attempts.release(attempts.reserve([Lane("other", 1, 1.0)], "", None))
    settle(attempts, made)
    fail(attempts, "a", "b", "c")
    assert wait_s(attempts) == 10
