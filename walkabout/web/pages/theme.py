"""Light or dark: as the system has it, or as somebody has chosen in this browser, before they sign in, too."""

from flask import Response, current_app, request

from walkabout.web.pages.frame import see_back
from walkabout.web.pages.view import View, route
from walkabout.web.session import is_over_tls

COOKIE = "theme"
SYSTEM = "system"
THEMES = ("light", "dark", SYSTEM)
KEPT_S = 365 * 86_400


def theme() -> str:
    """Which of THEMES the page is to have: the server says it, so that nothing flashes and no script is needed."""
    chosen = request.cookies.get(COOKIE, SYSTEM)
    return chosen if chosen in THEMES else SYSTEM


class ThemeView(View):
    """The switch in the head."""

    @route("/theme", "POST")
    def choose_theme(self) -> Response:
        """Show the page in another look from now on, and go back to where one was."""
        answer = see_back()
        chosen = request.form.get("theme", "")
        if chosen in THEMES:
            answer.set_cookie(
                COOKIE,
                chosen,
                max_age=KEPT_S,
                path=current_app.session_interface.get_cookie_path(current_app),
                secure=is_over_tls(),
                httponly=True,
                samesite="Lax",
            )
        return answer
