"""What is done to many runs at once, with a question before."""

from dataclasses import replace

from flask import Response, request, url_for

from walkabout.actions import many_runs, many_tasks
from walkabout.jobs.queries import JobFilter
from walkabout.jobs.quotas import QueueFull
from walkabout.problems import Invalid
from walkabout.sequences.bulk_runs import AGAIN, CANCEL, RESUME, WORDS
from walkabout.web.pages.frame import page, say, see
from walkabout.web.pages.numbers import number
from walkabout.web.pages.runs.list import RunFilters, read_filters
from walkabout.web.pages.tasks.actions import ask_about_tasks
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import count
from walkabout.web.session import me

INSTEAD = "instead"  # run the tasks now that did not run
QUESTIONS = {AGAIN: "Run {} again?", RESUME: "Resume {} from where they failed?", CANCEL: "Cancel {}?"}
BUTTONS = {AGAIN: "Run again", RESUME: "Resume", CANCEL: "Cancel the runs"}
MEANS = {
    AGAIN: "Each runs again from the beginning, as a new run of its task.",
    RESUME: "Only sequences are resumed, and only where it is known what became of each request.",
    CANCEL: "Waiting runs never run. Running ones are ended; what they have sent stays sent.",
}


class ManyRunsView(View):
    """The actions on runs that are ticked, or on all that fit the filter."""

    @route("/runs/many", "POST")
    def many_runs(self) -> Response:
        """Ask, and once that is answered, do it."""
        form = request.form
        what, filters = form.get("do", ""), read_filters(self, form)
        if filters.problems:
            say("Nothing was done: a filter is unknown.")
            return see(filters.url())
        try:
            if what == INSTEAD:
                return self._ask_instead(filters)
            uids = many_runs.chosen(self.service, me(), what, self._which(filters))
        except Invalid as no:
            say(f"Nothing was done: {no.problems[0].message}.")
            return see(filters.url())
        if not uids:
            say(f"Nothing was done: none of these can be {WORDS[what]}. Select some runs first.")
            return see(filters.url())
        return self._do(what, uids, filters) if form.get("sure") == "yes" else self._ask(what, uids, filters)

    def _ask_instead(self, filters: RunFilters) -> Response:
        """Ask whether the tasks that did not run are to run now: the answer goes to the actions on tasks."""
        found = many_runs.tasks_of(self.service, me(), self._which(filters))
        if found:
            return ask_about_tasks(self.service, many_tasks.RUN, found, {}, filters.url(), {})
        say("Nothing was done: no missed or skipped run of a task is selected.")
        return see(filters.url())

    def _which(self, filters: RunFilters) -> JobFilter | list[str]:
        if request.form.get("all") == "yes":
            # What came since the list was looked at was not meant.
            return replace(filters.which, upto=number(request.form.get("upto", "")))
        return request.form.getlist("run")

    def _ask(self, what: str, uids: list[str], filters: RunFilters) -> Response:
        is_all = request.form.get("all") == "yes"
        return page(
            "runs/confirm.html",
            "Runs",
            "runs",
            question=QUESTIONS[what].format(count(len(uids), "run")),
            means=MEANS[what],
            button=BUTTONS[what],
            what=what,
            back=filters.url(),
            typed=filters.typed,
            upto=request.form.get("upto", "") if is_all else "",
            is_all=is_all,
            uids=[] if is_all else uids,
        )

    def _do(self, what: str, uids: list[str], filters: RunFilters) -> Response:
        try:
            done = many_runs.change(self.service, me(), what, uids)
        except QueueFull as full:
            say(f"Nothing was done: {full}.")
            return see(filters.url())
        if done.task_id:
            say(f"{count(done.count, 'run')}: this job sees to them, one after another.")
            return see(url_for("pages.run", uid=done.task_id))
        left = len(uids) - done.count
        rest = f" {count(left, 'run')} could not be: they are gone, or not yours to run." if left else ""
        say(f"{count(done.count, 'run')}: {WORDS[what]}.{rest}")
        return see(filters.url())
