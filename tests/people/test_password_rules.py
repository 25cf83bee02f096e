"""Which passwords may be chosen."""

import pytest

from walkabout.people.password_rules import is_common, weak_admin_password, weakness
from walkabout.settings import Settings

WIDE = "".join(chr(ord(letter) + 0xFEE0) for letter in "password")  # full-width letters


@pytest.mark.parametrize(
    "password",
    ["password", "PassWord", "12345678", "qwertyuiop", "iloveyou", "password123", "trustno1", "00000000", "michelle",
     WIDE, "\uff30assword", "1q2w3e4r", "football", "Password1", "letmein1"],
)  # fmt: skip
def test_common_ones_are_refused_in_any_case_and_width(password: str) -> None:
    found = weakness(password, 1024)
    assert found is not None
    assert "most common" in found.sentence
    assert is_common(password)


@pytest.mark.parametrize(
    "password", ["correct-horse", "long-enough", "zq8#vLp2", "пароль-надёжный", "\ud800" * 8, "x" * 1024]
)
def test_others_are_taken(password: str) -> None:
    assert weakness(password, 1024) is None


@pytest.mark.parametrize(
    ("password", "part"), [("1234567", "at least 8"), ("", "at least 8"), ("x" * 65, "no more than 64")]
)
def test_length_has_two_ends(password: str, part: str) -> None:
    found = weakness(password, 64)
    assert found is not None
    assert part in found.sentence


@pytest.mark.parametrize(
    "password", ["ana.smith@example.com", "ANA.SMITH@example.com", "Ana.Smith", "Ana Smith", "\uff41na smith"]
)
def test_the_own_email_and_name_are_refused(password: str) -> None:
    assert weakness(password, 1024, "ana.smith@example.com", "Ana Smith") is not None


def test_an_empty_name_is_nobodys_password() -> None:
    assert weakness("long-enough", 1024, "ana@example.com", "") is None


@pytest.mark.parametrize(
    ("password", "part"), [("", ""), ("admin", "too short"), ("password1", "most common"), ("zq8#vLp2", "")]
)
def test_a_weak_admin_password_is_told(password: str, part: str) -> None:
    text = weak_admin_password(Settings(admin_password=password))
    assert part in text
    assert bool(text) == bool(part)
    assert password not in text or not password
