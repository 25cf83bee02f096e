"""What the page for users of Jaseci says is what the service does: its shell blocks, in order, and what it calls gone."""

import re

import pytest
import requests

from tests.docs.test_readme import ROOT
from tests.service.contract.test_command_line_client import COMMANDS
from tests.support.house import House
from tests.support.shown_shell import differences
from walkabout.api.families import apis
from walkabout.api.parameters import SENT_ALONG
from walkabout.walking.walker import Walker

PAGE = (ROOT / "docs/coming-from-jaseci.md").read_text()
SAME, GONE, WALKERS = (PAGE.split(f"\n## {title}\n")[1] for title in ("What is the same", "What is gone", "Walkers"))
GONE_APIS = re.findall(r"`(\w+)`", "".join(row.split("|")[1] for row in re.findall(r"^\| `.*$", GONE, re.M)
                                           if row.split("|")[1].strip(" `") not in WALKERS))  # fmt: skip


def test_every_shell_block_gives_what_it_shows(new_house: type[House]) -> None:
    assert differences(PAGE, new_house(WALKERS_DIR="walkers").start().url) == []


def test_what_is_gone_is_not_there(house: House) -> None:
    assert len(GONE_APIS) > 60
    ana = house.client()
    for name in GONE_APIS:
        for prefix in ("js", "js_admin", "js_public"):
            assert ana.post(f"/{prefix}/{name}").status_code == 404, name
    assert ana.post("/js_admin/sequence_run", sequence={"requests": [{"method": "JAC", "api": "jac_run", "master": "self"}]}
                    ).json()["error"]["message"].startswith("status 404")  # fmt: skip


def test_what_is_named_in_its_place_is_there() -> None:
    for row in re.findall(r"^\| `.*$", GONE.split("\n## ")[0], re.M):
        for name in re.findall(r"`((?:walker|graph|object|master)_\w+)`", row.split("|")[2]):
            assert name in apis()


def test_what_is_sent_along_is_listed() -> None:
    for name in SENT_ALONG:
        assert f"`{name}`" in SAME


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_works_is_among_those_that_are_named(command: str) -> None:
    group = command.split()[0]
    assert f"`{group}`" in SAME or f"`{group} " in SAME or command.endswith(("queues", "queue", "walker", "sequence"))


@pytest.mark.parametrize("name", re.findall(r"`self\.(\w+)", WALKERS))
def test_what_a_walker_does_in_place_of_jac_is_there(name: str) -> None:
    assert hasattr(Walker, name)


def test_it_is_found() -> None:
    for page in ("README.md", "docs/README.md"):
        assert "coming-from-jaseci.md" in (ROOT / page).read_text()


def test_a_stranger_may_not_ask_as_somebody(house: House) -> None:
    assert requests.post(f"{house.url}/js/alias_list", timeout=30).status_code == 401
