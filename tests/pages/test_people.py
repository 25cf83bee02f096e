"""People and accounts: who may do what, and what everybody does for themselves."""

import pytest

from tests.support.reader import PageReader
from tests.support.visitor import Visitor
from walkabout.people import audit
from walkabout.people.masters import Master
from walkabout.service import Service


def test_an_admin_adds_a_person_who_can_sign_in(admin: Visitor, stranger: Visitor) -> None:
    form = {"email": "New@example.com", "name": "<b>New</b>", "new_password": "long-enough"}
    assert admin.post("/people", **form).status_code == 303
    assert "&lt;b&gt;New&lt;/b&gt;" in admin.get("/people").text
    assert stranger.sign_in("new@example.com", "long-enough").status_code == 303


def test_what_is_wrong_with_a_new_person_is_said_at_the_field(admin: Visitor) -> None:
    answer = admin.post("/people", email="nobody", name="Kept", new_password="short")
    assert answer.status_code == 400
    assert "is not an email address" in answer.text
    assert "is too short" in answer.text
    assert 'value="Kept"' in answer.text


def test_an_email_is_taken_once(admin: Visitor, bob: Master) -> None:
    assert "Email is already taken" in admin.post("/people", email=bob.email, new_password="long-enough").text


@pytest.mark.parametrize("what", ["enable", "disable", "promote", "demote"])
def test_only_admins_change_people(service: Service, user: Visitor, ana: Master, what: str) -> None:
    assert user.post(f"/people/{ana.uid}/{what}").status_code == 404
    assert service.masters.by_uid(ana.uid) == ana


def test_others_find_their_account_instead(user: Visitor) -> None:
    assert user.get("/people").headers["Location"] == "/admin/account"


def test_disables_and_enables(service: Service, admin: Visitor, user: Visitor, bob: Master) -> None:
    token, _ = service.tokens.give(bob.uid, 1)
    admin.post(f"/people/{bob.uid}/disable")
    assert user.get("/runs").status_code == 303
    assert service.tokens.owner(token) is None
    admin.post(f"/people/{bob.uid}/enable")
    assert user.get("/runs").status_code == 200


def test_promotes_and_demotes(admin: Visitor, user: Visitor, bob: Master) -> None:
    admin.post(f"/people/{bob.uid}/promote")
    assert user.get("/people").status_code == 200
    admin.post(f"/people/{bob.uid}/demote")
    assert user.get("/people").status_code == 303


@pytest.mark.parametrize("what", ["disable", "demote"])
def test_the_last_admin_stays(service: Service, admin: Visitor, ana: Master, what: str) -> None:
    admin.post(f"/people/{ana.uid}/{what}")
    assert "is the only admin" in admin.get("/people").text
    assert service.masters.by_uid(ana.uid) == ana


def test_a_token_is_shown_once_and_works(service: Service, user: Visitor, bob: Master) -> None:
    text = user.post("/account/tokens", token_name="<ci>", days="7").text
    (token,) = PageReader(text).texts("code.secret")
    assert service.tokens.owner(token) == bob
    later = user.get("/account").text
    assert "&lt;ci&gt;" in later
    assert token not in later


def test_a_token_that_is_ended_works_no_more(service: Service, user: Visitor) -> None:
    text = user.post("/account/tokens", token_name="ci").text
    (token,) = PageReader(text).texts("code.secret")
    (path,) = PageReader(text).attributes('tr:-soup-contains("ci") form', "action")
    user.post(path.removeprefix("/admin"))
    assert service.tokens.owner(token) is None


def test_another_person_s_token_can_t_be_ended(service: Service, user: Visitor, ana: Master) -> None:
    token, _ = service.tokens.give(ana.uid, 1, "hers")
    handle = service.tokens.list_of(ana.uid, 9)[0].handle
    assert user.post(f"/account/tokens/{handle}/end").status_code == 404
    assert service.tokens.owner(token) == ana


def test_changes_the_own_password_and_stays_signed_in(service: Service, stranger: Visitor) -> None:
    eve = service.new_master("eve@example.com", "long-enough", "Eve")
    stranger.sign_in(eve.email, "long-enough")
    form = {"old_password": "long-enough", "new_password": "longer-yet", "again_password": "longer-yet"}
    assert stranger.post("/account/password", **form).status_code == 303
    assert stranger.get("/account").status_code == 200
    assert service.sign_ins.is_password(eve, "longer-yet")


def test_a_wrong_password_changes_nothing(service: Service, stranger: Visitor) -> None:
    eve = service.new_master("eve@example.com", "long-enough", "Eve")
    stranger.sign_in(eve.email, "long-enough")
    text = stranger.post("/account/password", old_password="x", new_password="long-1234", again_password="other").text
    assert "Current password is not your password" in text
    assert "New password again is different from the first one" in text
    assert service.sign_ins.is_password(eve, "long-enough")


def test_an_admin_gives_a_password_that_is_for_one_sign_in(
    service: Service, admin: Visitor, stranger: Visitor, eve: Master, ana: Master
) -> None:
    token, _ = service.tokens.give(eve.uid, 1)
    admin.post(f"/people/{eve.uid}/password", new_password="given-by-ana")
    assert "they will choose their own" in admin.get("/people").text
    assert service.tokens.owner(token) is None
    assert stranger.sign_in(eve.email, "long-enough").status_code == 401
    assert stranger.sign_in(eve.email, "given-by-ana").status_code == 303
    assert stranger.get("/runs").headers["Location"] == "/admin/new-password"
    told = [(one.actor, one.about) for one in service.audit.newest(9) if one.event == audit.PASSWORD_CHANGED]
    assert told == [(ana.email, eve.email)]


def test_a_weak_one_and_one_for_oneself_are_refused(
    service: Service, admin: Visitor, user: Visitor, eve: Master, ana: Master
) -> None:
    admin.post(f"/people/{eve.uid}/password", new_password="short")
    assert "Nothing was changed: the password is too short" in admin.get("/people").text
    admin.post(f"/people/{ana.uid}/password", new_password="long-enough-2")
    assert "it asks for the present one" in admin.get("/people").text
    assert user.post(f"/people/{eve.uid}/password", new_password="long-enough-2").status_code == 404
    assert admin.post("/people/nobody/password", new_password="long-enough-2").status_code == 404
    assert service.sign_ins.is_password(eve, "long-enough")
    assert {one.event for one in service.audit.newest(9)} == {audit.PERSON_MADE}


def test_people_see_what_happened_to_whom_by_whom(admin: Visitor, user: Visitor, ana: Master, bob: Master) -> None:
    for what in ("promote", "demote", "disable", "enable"):
        admin.post(f"/people/{bob.uid}/{what}")
    user.post("/account/tokens", token_name="<ci>", days="7")
    cells = PageReader(admin.get("/people").text).texts(".happened td:not(.when)")
    told = [" ".join(cells[start : start + 5]).split() for start in range(0, len(cells), 5)]
    assert [" ".join(words) for words in told] == [
        f"token created {bob.email} 127.0.0.1 <ci>",
        *(
            f"{what} {ana.email} {bob.email} 127.0.0.1"
            for what in ("enabled", "disabled", "removed as admin", "made an admin")
        ),
    ]


def test_events_are_filtered_by_kind_and_paged(service: Service, admin: Visitor, bob: Master) -> None:
    admin.post(f"/people/{bob.uid}/promote")
    for number in range(60):
        service.audit.record(audit.SIGN_IN_FAILED, "", f"stranger {number}")
    page = PageReader(admin.get("/people?events=people").text)
    assert page.texts(".happened td:nth-child(2)") == ["made an admin"]
    failed = PageReader(admin.get("/people?events=failed").text)
    assert failed.texts(".happened td:nth-child(4)")[0] == "stranger 59"
    older = PageReader(admin.get(failed.link('nav[aria-label="Older events"] a')).text)
    assert older.texts(".happened td:nth-child(4)") == [f"stranger {number}" for number in range(9, -1, -1)]


def test_a_filter_that_is_not_known_is_refused(admin: Visitor) -> None:
    answer = admin.get("/people?events=moon")
    assert answer.status_code == 400
    assert "use one of sign-ins, failed, people, tokens, rights" in answer.text


def test_what_changes_nothing_did_not_happen(service: Service, admin: Visitor, ana: Master, bob: Master) -> None:
    admin.post(f"/people/{bob.uid}/demote")
    admin.post(f"/people/{bob.uid}/enable")
    admin.post(f"/people/{ana.uid}/disable")
    assert service.audit.newest(9) == []


def test_guesses_at_the_current_password_are_counted(user: Visitor) -> None:
    form = {"new_password": "longer-yet", "again_password": "longer-yet"}
    answers = [user.post("/account/password", old_password=f"guess {number}", **form) for number in range(11)]
    assert [answer.status_code for answer in answers] == [400] * 10 + [429]
    assert answers[-1].headers["Retry-After"] == "60"
