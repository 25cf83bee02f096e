"""The whole service, from the outside."""

from tests.support.house import House


def test_runs_a_walker_now(house: House) -> None:
    assert house.client().run("echo", value=5)["report"] == [5]


def test_runs_a_walker_in_the_background(house: House) -> None:
    ana = house.client()
    task = ana.wait(ana.start("echo", value=[1, "two"]))
    assert task["state"] == "SUCCESS"
    assert task["result"]["report"] == [[1, "two"]]
