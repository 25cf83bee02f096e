"""People: made, seen, changed and listed."""

from datetime import datetime
from typing import Any

import pytest
import requests

from tests.service.contract.answers import good, refusal
from tests.support.house import ADMIN, Client, House

USER = {"id", "email", "name", "is_activated", "is_superuser"}
ROW = {"id", "user", "jid", "name", "created_date", "is_activated", "is_superuser", "last_login"}


def test_an_admin_makes_a_user(ana: Client) -> None:
    made = good(ana.post("/user/create/", email="made@example.com", password="long-enough", name="Made"), 201)
    assert set(made) == USER
    assert {**made, "id": 0} == {
        "id": 0, "email": "made@example.com", "name": "Made", "is_activated": True, "is_superuser": False,
    }  # fmt: skip


def test_an_admin_makes_an_admin(house: House, ana: Client) -> None:
    body = {"email": "boss@example.com", "password": "long-enough", "is_superuser": True}
    assert good(ana.post("/user/create/", **body), 201)["is_superuser"] is True
    good(house.sign_in("boss@example.com", "long-enough").post("/js_admin/master_allusers"))


def test_a_user_needs_no_name(ana: Client) -> None:
    assert set(good(ana.post("/user/create/", email="nameless@example.com", password="long-enough"), 201)) == USER


def test_users_are_made_from_a_form(ana: Client) -> None:
    data = {"email": "form@example.com", "password": "long-enough"}
    assert good(ana.session.post(f"{ana.url}/user/create/", data=data, timeout=30), 201)["email"] == "form@example.com"


def test_sign_up_is_closed_to_strangers(house: House) -> None:
    body = {"email": "stranger@example.com", "password": "long-enough"}
    refusal(requests.post(f"{house.url}/user/create/", json=body, timeout=30), 403)


def test_sign_up_is_closed_to_people(ben: Client) -> None:
    refusal(ben.post("/user/create/", email="friend@example.com", password="long-enough"), 403)


def test_a_stranger_signs_up_where_that_is_open(idle_house: House) -> None:
    body = {"email": "stranger@example.com", "password": "long-enough", "name": "S"}
    made = good(requests.post(f"{idle_house.url}/user/create/", json=body, timeout=30), 201)
    assert set(made) == USER
    assert made["is_superuser"] is False
    assert good(idle_house.sign_in("stranger@example.com", "long-enough").get("/user/manage/")) == made


def test_a_stranger_makes_no_admin(idle_house: House) -> None:
    body = {"email": "intruder@example.com", "password": "long-enough", "is_superuser": True}
    refusal(requests.post(f"{idle_house.url}/user/create/", json=body, timeout=30), 403)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "short@example.com", "password": "1234567"}, "password"),
        ({"email": "short@example.com", "password": ""}, "password"),
        ({"email": "short@example.com"}, "password"),
        ({"email": "short@example.com", "password": None}, "password"),
        ({"email": "short@example.com", "password": 12345678}, "password"),
        ({"password": "long-enough"}, "email"),
        ({"email": "", "password": "long-enough"}, "email"),
        ({"email": "no address", "password": "long-enough"}, "email"),
        ({"email": "ben@example.com", "password": "long-enough"}, "email"),
        ({"email": "BEN@example.com", "password": "long-enough"}, "email"),
        ({"email": ["a@example.com"], "password": "long-enough"}, "email"),
        ({"email": "a\0@example.com", "password": "long-enough"}, "email"),
        ({"email": "a@example.com", "password": "long-enough", "name": "a\0b"}, "name"),
        ({"email": "a@example.com", "password": "long-enough", "name": 5}, "name"),
        ({"email": "a" * 400 + "@example.com", "password": "long-enough"}, "email"),
    ],
)
def test_what_is_wrong_with_a_user_is_told_by_field(ana: Client, ben: Client, body: dict[str, Any], field: str) -> None:
    errors = good(ana.post("/user/create/", **body), 400)
    assert set(errors) == {field}
    assert [type(text) for text in errors[field]] == [str]


def test_all_that_is_wrong_with_a_user_is_told_at_once(ana: Client) -> None:
    assert set(good(ana.post("/user/create/", email="nonsense", password="1"), 400)) == {"email", "password"}


def test_a_password_never_comes_back(ana: Client) -> None:
    answer = ana.post("/user/create/", email="mute@example.com", password="rather-secret")
    assert "rather-secret" not in answer.text


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_people_change_their_name(newcomer: Client, method: str) -> None:
    changed = good(newcomer.session.request(method, f"{newcomer.url}/user/manage/", json={"name": "New"}, timeout=30))
    assert set(changed) == USER
    assert changed["name"] == "New"
    assert good(newcomer.get("/user/manage/")) == changed


def test_a_changed_password_ends_the_other_tokens(house: House, newcomer: Client) -> None:
    email = good(newcomer.get("/user/manage/"))["email"]
    other = house.sign_in(email, "long-enough")
    good(
        newcomer.session.patch(
            f"{newcomer.url}/user/manage/", json={"password": "even-longer", "old_password": "long-enough"}, timeout=30
        )
    )
    refusal(other.get("/user/manage/"), 401)
    good(newcomer.get("/user/manage/"))
    good(house.sign_in(email, "even-longer").get("/user/manage/"))


def test_a_changed_password_replaces_the_old_one(house: House, newcomer: Client) -> None:
    email = good(newcomer.get("/user/manage/"))["email"]
    good(
        newcomer.session.put(
            f"{newcomer.url}/user/manage/", json={"password": "even-longer", "old_password": "long-enough"}, timeout=30
        )
    )
    body = {"email": email, "password": "long-enough"}
    assert requests.post(f"{house.url}/user/token/", json=body, timeout=30).status_code == 400


def test_another_password_needs_the_old_one(house: House, newcomer: Client) -> None:
    def change(**body: str) -> dict[str, Any]:
        return good(newcomer.session.patch(f"{newcomer.url}/user/manage/", json=body, timeout=30), 400)

    assert set(change(password="even-longer")) == {"old_password"}
    assert set(change(password="even-longer", old_password="wrong-one")) == {"old_password"}
    assert set(change(password="password1", old_password="long-enough")) == {"password"}
    email = good(newcomer.get("/user/manage/"))["email"]
    assert house.sign_in(email, "long-enough").token


@pytest.mark.parametrize("password", ["password", "12345678", "PASSWORD1", "qwertyuiop", "common@example.com"])
def test_common_passwords_are_refused(ana: Client, password: str) -> None:
    assert set(good(ana.post("/user/create/", email="common@example.com", password=password), 400)) == {"password"}


def test_an_admin_says_whether_a_user_may_sign_in(house: House, ana: Client) -> None:
    body = {"email": "invited@example.com", "password": "long-enough"}
    assert good(ana.post("/user/create/", **body, is_activated=False), 201)["is_activated"] is False
    assert requests.post(f"{house.url}/user/token/", json=body, timeout=30).status_code == 400


@pytest.mark.parametrize("activated", [True, False])
def test_a_stranger_does_not_say_whether_they_may_sign_in(idle_house: House, activated: bool) -> None:
    body = {"email": "pushy@example.com", "password": "long-enough", "is_activated": activated}
    refusal(requests.post(f"{idle_house.url}/user/create/", json=body, timeout=30), 403)


def test_a_short_password_is_refused_in_the_original_form(newcomer: Client) -> None:
    answer = newcomer.session.patch(f"{newcomer.url}/user/manage/", json={"password": "1"}, timeout=30)
    assert set(good(answer, 400)) == {"password"}


@pytest.mark.parametrize("field", ["is_superuser", "is_activated", "id"])
def test_people_do_not_promote_themselves(newcomer: Client, field: str) -> None:
    answer = newcomer.session.patch(f"{newcomer.url}/user/manage/", json={field: True}, timeout=30)
    assert answer.status_code in (400, 403)
    assert good(newcomer.get("/user/manage/"))["is_superuser"] is False


def test_nobody_manages_without_a_token(house: House) -> None:
    refusal(requests.get(f"{house.url}/user/manage/", timeout=30), 401)


def test_a_master_is_its_email(newcomer: Client) -> None:
    email = good(newcomer.get("/user/manage/"))["email"]
    me = good(newcomer.js("master_self"))
    assert set(me) == {"name", "kind", "jid", "j_type", "j_timestamp"}
    assert (me["name"], me["kind"], me["j_type"]) == (email, "master", "master")


def test_a_detailed_master_has_what_the_seed_reads(newcomer: Client) -> None:
    good(newcomer.js("alias_register", name="a", value="b"))
    me = good(newcomer.js("master_self", detailed=True))
    assert me["active_gph_id"] == good(newcomer.js("graph_active_get"))["jid"]
    assert me["active_snt_id"] == good(newcomer.js("sentinel_active_get"))["jid"]
    assert me["alias_map"]["a"] == "b"
    assert {"j_parent", "j_master", "j_access"} <= set(me)


def test_an_admin_reads_every_detailed_master(ana: Client, ben: Client) -> None:
    me = good(ben.js("master_self", detailed=True))
    assert good(ana.js("object_get", obj=me["jid"], depth=0, detailed=True)) == me


def test_all_users_are_listed_newest_first(ana: Client, newcomer: Client) -> None:
    listed = good(ana.post("/js_admin/master_allusers", limit=0, offset=0))
    assert set(listed) == {"total", "data"}
    assert listed["total"] == len(listed["data"])
    assert all(set(row) == ROW for row in listed["data"])
    assert listed["data"][0]["jid"] == good(newcomer.js("master_self"))["jid"]


def test_the_list_of_users_has_times_with_an_offset(house: House, ana: Client) -> None:
    house.sign_in(*ADMIN)
    row = good(ana.post("/js_admin/master_allusers", limit=0, search="ana@"))["data"][0]
    assert datetime.fromisoformat(row["created_date"]).tzinfo is not None
    assert datetime.fromisoformat(row["last_login"]).tzinfo is not None


def test_the_list_of_users_is_cut_into_pages(ana: Client, ben: Client, cleo: Client) -> None:
    everybody = good(ana.post("/js_admin/master_allusers", limit=0))
    page = good(ana.post("/js_admin/master_allusers", limit=2, offset=1))
    assert page == {"total": everybody["total"], "data": everybody["data"][1:3]}


def test_the_list_of_users_is_turned_around(ana: Client, ben: Client) -> None:
    newest = good(ana.post("/js_admin/master_allusers", limit=0))["data"]
    assert good(ana.post("/js_admin/master_allusers", limit=0, asc=True))["data"] == newest[::-1]


def test_the_list_of_users_is_searched(ana: Client, ben: Client) -> None:
    found = good(ana.post("/js_admin/master_allusers", search="ben@example"))
    assert (found["total"], [row["user"] for row in found["data"]]) == (1, ["ben@example.com"])


@pytest.mark.parametrize("search", ["%", "_", "'", "\\"])
def test_a_search_takes_its_text_as_it_stands(ana: Client, search: str) -> None:
    assert good(ana.post("/js_admin/master_allusers", search=search)) == {"total": 0, "data": []}


def test_people_do_not_list_users(ben: Client) -> None:
    assert ben.js("master_allusers").status_code in (403, 404)
    refusal(ben.post("/js_admin/master_allusers"), 403)
