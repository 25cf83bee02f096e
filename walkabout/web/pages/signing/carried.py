"""Carries a form through a sign-in, when the session ended while somebody filled it in.

It travels through the form in the browser, so it is signed, for the browser that sent it: a form of another site, or
one that somebody else was given, carries nothing. What only admins do is never carried.
"""

import re
from dataclasses import dataclass

from flask import current_app, request, session
from itsdangerous import BadData, URLSafeTimedSerializer

from walkabout.web.session import PREFIX, TOKEN_FIELD, from_our_own_page

FIELD = "carried"
MOST = 200_000  # characters of a form
GOOD_S = 3600  # seconds
_PLAIN_PATH = re.compile(rf"{PREFIX}(/[!-\[\]-~]*)?(\?[!-\[\]-~]*)?")
_SECRETS = ("password", TOKEN_FIELD)

ACTIONS = {
    "pages.back_to_version": "Restore an earlier version of a task",
    "pages.cancel_run": "Cancel a run",
    "pages.change_password": "Change your password",
    "pages.delete_task": "Delete a task",
    "pages.disable_task": "Pause a task",
    "pages.edit_task": "Save a task",
    "pages.enable_task": "Resume a task",
    "pages.end_token": "End an API token",
    "pages.make_token": "Create an API token",
    "pages.many_tasks": "Run, pause, resume or delete several tasks",
    "pages.new_task": "Create a task",
    "pages.rename_me": "Change your name",
    "pages.restore_tasks": "Restore deleted tasks",
    "pages.run_again": "Run again",
    "pages.run_task": "Run a task now",
    "pages.try_task": "Try a task",
    "pages.walker": "Run a walker",
}
"""What a form that may be sent once more does, by its endpoint."""


@dataclass(frozen=True)
class Carried:
    """A form to be sent once more: where to, what it does, and its fields."""

    path: str
    action: str
    fields: list[tuple[str, str]]

    def signed_text(self) -> str:
        """As the text that a form takes along."""
        return str(_signer().dumps([self.path, self.action, self.fields]))


def carry() -> Carried | None:
    """What the request that is being answered would do; None: that is not to be sent once more.

    Only what came from our own page is carried: another site must not put words into a form that is ours.
    """
    action = ACTIONS.get(request.endpoint or "")
    if request.method != "POST" or action is None or not from_our_own_page():
        return None
    fields = [(n, v) for n, v in request.form.items(multi=True) if not n.endswith(_SECRETS)]
    if sum(len(n) + len(v) for n, v in fields) > MOST:
        return None
    return Carried(request.path, action, fields)


def read_carried() -> Carried | None:
    """What the form of the sign-in brought along; None: nothing, or nothing that was signed for this browser."""
    try:
        path, action, fields = _signer().loads(request.form.get(FIELD, ""), max_age=GOOD_S)
    except BadData:
        return None
    return Carried(path, action, [(name, value) for name, value in fields])


def way_back(path: str) -> str:
    """A path of our own page as it came; "" for anything that might lead elsewhere."""
    # "//host" and "/\host" lead to other hosts in browsers; line ends would end the header.
    return path if _PLAIN_PATH.fullmatch(path) and "//" not in path.split("?")[0] else ""


def _signer() -> URLSafeTimedSerializer:
    # The seed of the forms' tokens is this browser's own, and goes with the session.
    salt = f"carried {session.get(TOKEN_FIELD, '')}"
    return URLSafeTimedSerializer(current_app.secret_key or "", salt=salt)
