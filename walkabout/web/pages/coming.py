"""Places that wait for schedules."""

from flask import Response

from walkabout.web.pages.frame import page
from walkabout.web.pages.place import Place, route


class Coming(Place):
    """Tasks and the day: plain pages until schedules can be kept."""

    @route("/")
    def tasks(self) -> Response:
        """What is planned."""
        return page("coming/page.html", "Tasks", "tasks", what="Periodic tasks")

    @route("/day")
    def day(self) -> Response:
        """What will fire."""
        return page("coming/page.html", "Day", "day", what="The next 24 hours")
