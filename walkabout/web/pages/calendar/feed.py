"""The address at which other programs subscribe to the calendar."""

from flask import Response, request, url_for

from walkabout.actions import calendar_feed
from walkabout.web.pages.frame import page, say, see
from walkabout.web.pages.view import View, route
from walkabout.web.session import me


class CalendarFeedView(View):
    """One's own address, which is a secret."""

    @route("/calendar/feed")
    def calendar_address(self) -> Response:
        """The address."""
        base = self.service.settings.public_url.rstrip("/") or request.url_root.rstrip("/")
        address = f"{base}{calendar_feed.PATH}?key={calendar_feed.key_of(self.service, me())}"
        days = f"{self.service.settings.calendar_days:g}"
        return page("calendar/feed.html", "Subscribe", "calendar", address=address, days=days)

    @route("/calendar/feed", "POST")
    def new_calendar_address(self) -> Response:
        """Another address; the one before ends."""
        calendar_feed.key_of(self.service, me(), new=True)
        say("This is the new address. The old one shows nothing any more.")
        return see(url_for("pages.calendar_address"))
