"""Doorbells between processes."""

from pathlib import Path

import pytest

from walkabout.jobs.worker.wake_ups import SUPERVISOR, WEB, WORKER, Bells


@pytest.fixture
def bells(tmp_path: Path) -> Bells:
    return Bells(tmp_path)


def test_a_ring_is_heard(bells: Bells) -> None:
    bell = bells.hang(WORKER)
    bells.ring(WORKER)
    assert bell.heard()
    bell.take_down()
    bells.close()


def test_who_is_not_rung_hears_nothing(bells: Bells) -> None:
    bell = bells.hang(WORKER)
    bells.ring(SUPERVISOR)
    assert not bell.heard()
    bell.take_down()
    bells.close()


def test_all_bells_of_a_room_ring(bells: Bells) -> None:
    hung = [bells.hang(WEB) for _ in range(3)]
    bells.ring(WEB)
    assert [bell.heard() for bell in hung] == [True] * 3
    for bell in hung:
        bell.take_down()
    bells.close()


def test_bells_of_another_folder_do_not_ring(bells: Bells, tmp_path: Path) -> None:
    other = Bells(tmp_path / "other")
    bell = other.hang(WORKER)
    bells.ring(WORKER)
    assert not bell.heard()
    bell.take_down()


def test_ringing_where_no_bell_hangs_is_no_error(bells: Bells) -> None:
    bells.ring(WORKER)


def test_a_full_bell_makes_nobody_wait(bells: Bells) -> None:
    bell = bells.hang(WORKER)
    for _ in range(1000):
        bells.ring(WORKER)
    assert bell.wait(0)
    assert not bell.heard()
    bell.take_down()
    bells.close()


def test_each_ring_wakes_one_of_those_who_share_a_bell(bells: Bells) -> None:
    bell = bells.hang(WORKER)
    bells.ring(WORKER)
    bells.ring(WORKER)
    assert [bell.heard() for _ in range(3)] == [True, True, False]
    bell.take_down()
    bells.close()


def test_a_bell_of_a_killed_process_is_taken_down_by_who_rings(bells: Bells) -> None:
    bell = bells.hang(WORKER)
    bell.socket.close()
    bells.ring(WORKER)
    assert not bell.path.exists()
    bells.close()


def test_waiting_ends_without_a_ring_too(bells: Bells) -> None:
    bell = bells.hang(WORKER)
    assert not bell.wait(0.01)
    bell.take_down()


def test_the_folder_is_for_its_owner_only(bells: Bells) -> None:
    bells.hang(WORKER).take_down()
    assert bells.folder.stat().st_mode & 0o077 == 0
