"""Doorbells between processes."""

import os
import shutil
from collections.abc import Callable
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
    bell = bells.hang(WORKER)
    assert bell.path is not None
    assert bell.path.parent.stat().st_mode & 0o077 == 0
    bell.take_down()


def test_a_bell_that_was_removed_is_hung_anew_by_who_waited_in_vain(bells: Bells) -> None:
    bell = bells.hang(WORKER)
    number = bell.fileno()
    shutil.rmtree(bells.folders[0])
    bells.ring(WORKER)
    assert not bell.wait(0)
    bells.ring(WORKER)
    assert bell.wait(0)
    assert bell.fileno() == number
    bell.take_down()
    bells.close()


def somebody_elses(folder: Path) -> None:
    folder.mkdir()
    os.chown(folder, 65534, 65534)


def a_link(folder: Path) -> None:
    (folder.parent / "target").mkdir()
    folder.symlink_to(folder.parent / "target")


def a_file(folder: Path) -> None:
    folder.touch()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")
@pytest.mark.parametrize("squat", [somebody_elses, a_link, a_file])
def test_a_folder_that_is_not_ours_is_not_used(bells: Bells, squat: Callable[[Path], None]) -> None:
    first, second = bells.folders
    squat(first)
    bell = bells.hang(WORKER)
    assert bell.path is not None
    assert bell.path.parent == second
    bells.ring(WORKER)
    assert bell.heard()
    bell.take_down()
    bells.close()
    second.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")
def test_where_no_bell_can_be_hung_who_waits_looks_by_itself(bells: Bells) -> None:
    for folder in bells.folders:
        somebody_elses(folder)
    bell = bells.hang(WORKER)
    bells.ring(WORKER)
    assert (bell.path, bell.wait(0)) == (None, False)
    bells.folders[0].rmdir()
    assert not bell.wait(0)
    bells.ring(WORKER)
    assert bell.wait(0)
    bell.take_down()
    bells.close()
    bells.folders[1].rmdir()


def test_a_path_longer_than_that_of_a_socket_may_be(tmp_path: Path) -> None:
    folder = tmp_path / ("ü n/" * 30)
    folder.mkdir(parents=True)
    bells = Bells(folder)
    bell = bells.hang(WORKER)
    assert bell.path is not None
    assert bell.path.parent == folder / "bells"
    bells.ring(WORKER)
    assert bell.heard()
    bell.take_down()
    bells.close()
