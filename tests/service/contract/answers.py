"""What the contract says about every answer, to be held against one of them."""

from typing import Any

import requests

WITH_DETAIL = (401, 403, 404, 405)
NOWHERE = "urn:uuid:00000000-0000-4000-8000-000000000000"


def refusal(answer: requests.Response, status: int) -> str:
    """The text of an error, after a look at its status and its exact shape."""
    assert answer.status_code == status, (answer.status_code, answer.text[:500])
    assert answer.headers["Content-Type"].split(";")[0] == "application/json"
    body = answer.json()
    # 400 has it for JSON that is broken.
    assert status == 400 or ("detail" in body) == (status in WITH_DETAIL)
    expected = {"success", "errors", "response"} | ({"detail"} & set(body))
    assert set(body) == expected
    assert body["success"] is False
    assert body["errors"]
    assert all(isinstance(error, str) and error for error in body["errors"])
    assert body["response"] == body["errors"][0]
    assert body.get("detail", body["response"]) == body["response"]
    assert "Traceback" not in answer.text
    return str(body["response"])


def good(answer: requests.Response, status: int = 200) -> Any:
    """The JSON of an answer that should be good."""
    assert answer.status_code == status, (answer.status_code, answer.text[:500])
    assert answer.headers["Content-Type"].split(";")[0] == "application/json"
    return answer.json()


def bare(jid: str) -> str:
    """The uuid of a jid."""
    return jid.removeprefix("urn:uuid:")
