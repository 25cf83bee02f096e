"""Settings: the way to people, one's account and what else is set up here; and for admins all settings of the service."""

from flask import Response, request, url_for

from walkabout.actions import installation
from walkabout.actions.installation import FROM_DEFAULT, FROM_START, FROM_VARIABLE, ShownGroup
from walkabout.actions.rights import is_admin
from walkabout.web.pages.frame import page, see
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import count
from walkabout.web.session import me

ORIGINS = {FROM_VARIABLE: "environment", FROM_DEFAULT: "default", FROM_START: "found at the start"}
ONLY_SET = "set"


class SettingsView(View):
    """The place of the navigation; for others than admins it is their account."""

    @route("/settings")
    def settings(self) -> Response:
        """All settings, or only those that are set: with their values, masked."""
        if not is_admin(me()):
            return see(url_for("pages.account"))
        groups = installation.settings_of(self.service, me())
        number_set = sum(one.origin != FROM_DEFAULT for group in groups for one in group.settings)
        only_set = request.args.get("only") == ONLY_SET
        search = request.args.get("search", "").strip()
        return page(
            "settings/page.html",
            "Settings",
            "settings",
            groups=_fitting(groups, search.lower(), only_set=only_set),
            origins=ORIGINS,
            only_set=only_set,
            search=search,
            set_words=f"{count(number_set, 'setting')} set",
            is_default=FROM_DEFAULT,
        )


def _fitting(groups: list[ShownGroup], search: str, *, only_set: bool) -> list[ShownGroup]:
    found = []
    for group in groups:
        fit = [
            one
            for one in group.settings
            if search in f"{one.variable} {one.doc}".lower() and not (only_set and one.origin == FROM_DEFAULT)
        ]
        if fit:
            found.append(ShownGroup(group.name, group.sentence, fit))
    return found
