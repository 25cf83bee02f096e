"""Files that came with a call."""

import pytest

from walkabout.walking.files import File

HI = File("hi.txt", "text/plain", "hé".encode())


def test_a_file_is_read_as_bytes_text_and_stream() -> None:
    assert (HI.read(), HI.text(), HI.open().read(), HI.size) == (HI.content, "hé", HI.content, 3)


def test_a_file_comes_back_from_its_form_in_reports() -> None:
    assert File.from_object(HI.as_object()).as_object() == HI.as_object()


def test_name_and_type_may_be_left_out() -> None:
    bare = File.from_object({"base64": "aGk="})
    assert (bare.name, bare.type, bare.read()) == ("", "application/octet-stream", b"hi")


@pytest.mark.parametrize(
    "value", [None, "text", {}, {"base64": 1}, {"base64": "a"}, {"base64": "a b="}, {"base64": "aGk=", "name": 1}]
)
def test_what_is_no_file_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        File.from_object(value)
