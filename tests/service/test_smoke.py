"""The whole service, from the outside."""

from tests.support.house import ADMIN, House


def test_runs_a_walker_now(house: House) -> None:
    assert house.client().run("echo", value=5)["report"] == [5]


def test_a_first_start_makes_the_admin_who_signs_in(new_house: type[House]) -> None:
    house = new_house(prepared=False).start()
    assert house.sign_in(*ADMIN).run("echo", value=5)["report"] == [5]


def test_runs_a_walker_in_the_background(house: House) -> None:
    ana = house.client()
    task = ana.wait(ana.start("echo", value=[1, "two"]))
    assert task["state"] == "SUCCESS"
    assert task["result"]["report"] == [[1, "two"]]
