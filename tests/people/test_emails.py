"""Addresses that look the same are the same, and nothing in one is out of sight."""

import pytest

from walkabout.people.emails import email_problem, normal_email
from walkabout.people.masters import EmailTaken
from walkabout.people.sign_ins import Origin
from walkabout.service import Service

UNSEEN = "\u200b\u202e\u00ad\ufeff\u034f\u3164\ufe0f\u2800\ue000\u0378\x01\x7f\u2066\U000e0041"


def wide(text: str) -> str:
    """The same in full-width letters, as keyboards for Chinese and Japanese type them."""
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


@pytest.mark.parametrize(
    "text",
    [
        "ana@example.com",
        "ana@localhost",
        wide("ana@") + "example.com",
        "Ñandú@exámple.com",
        "名前@例え.jp",
        "a+b%c@d.e",
    ],
)
def test_an_email(text: str) -> None:
    assert email_problem(text) == ""


@pytest.mark.parametrize(
    "text",
    ["", "ana", "@example.com", "a b@example.com", "a@b@c", "a" + wide("@") + "b@c", "ana@exa\0mple.com", "a" * 250 + "@b.cd",
     "a@b\n", "a\u00a0b@c", "a\u2028b@c", "a\u3000b@c", "x" * 1_000_000 + "@y"],
)  # fmt: skip
def test_no_email(text: str) -> None:
    assert email_problem(text)


@pytest.mark.parametrize("sign", UNSEEN)
def test_what_nobody_sees_is_no_part_of_an_email(sign: str) -> None:
    assert "is invisible" in email_problem(f"a{sign}na@example.com")


@pytest.mark.parametrize("other", ["ANA@example.com", wide("a") + "na@example.com", wide("ana@example.com")])
def test_one_person_has_one_form(service: Service, other: str) -> None:
    made = service.new_master(other, "correct-horse", "Ana")
    assert made.email == "ana@example.com"
    for form in ("ana@example.com", other):
        assert service.masters.by_email(form) == made
        with pytest.raises(EmailTaken):
            service.new_master(form, "correct-horse", "Ana")
    assert service.sign_ins.sign_in(wide("A") + "NA@example.com", "correct-horse", Origin()).uid == made.uid


def test_composed_and_decomposed_letters_are_the_same() -> None:
    assert normal_email("jose\u0301@example.com") == normal_email("jos\u00e9@example.com")


@pytest.mark.parametrize("dot", ["\u3002", "\uff61", "\uff0e", "\u2024"])
def test_all_dots_of_host_names_are_one(dot: str) -> None:
    assert normal_email(f"ana@example{dot}com") == "ana@example.com"


def test_the_normal_form_of_a_normal_form_is_itself() -> None:
    for text in ("İSTANBUL@x", "ﬁ@x", "\u017f@x", "Å@x", "ǅ@x"):
        assert normal_email(normal_email(text)) == normal_email(text)
