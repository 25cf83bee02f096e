"""Notices: the addresses at which somebody is told, a form for one more, and what was told with its outcome."""

from dataclasses import dataclass, field

from flask import Response, request, url_for

from walkabout.actions import notices as actions
from walkabout.actions.notices import TargetInput
from walkabout.actions.rights import is_admin
from walkabout.jobs.template import NotAllowed
from walkabout.notices.addresses import WEBHOOK
from walkabout.notices.listing import ListedNotice
from walkabout.notices.occasions import EVENTS, OF_INSTALLATION, USUAL
from walkabout.notices.targets import ALL, OF_SETTING, TASK, NoticeTarget
from walkabout.notices.telling import DROPPED, GIVEN_UP, SENDING, SENT, WAITING
from walkabout.periodic import task_queries
from walkabout.periodic.errors import NoSuchTask
from walkabout.problems import Invalid
from walkabout.web.pages.frame import live_page, say, see
from walkabout.web.pages.numbers import number
from walkabout.web.pages.tasks.list import task_of_mine
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import Moment, State, count, cut, length, moment
from walkabout.web.session import me

STATES = {
    WAITING: State("wait", "○", "waiting"),
    SENDING: State("run", "◐", "sending"),
    SENT: State("ok", "✓", "sent"),
    GIVEN_UP: State("bad", "✕", "not delivered"),
    DROPPED: State("off", "⊘", "dropped"),
}
_SECONDS = ("late_s", "skipping_s", "long_s")
HOURS = (
    ("", "once"),
    ("3600", "again after an hour"),
    ("86400", "again after a day"),
    ("604800", "again after a week"),
)


@dataclass(frozen=True)
class TargetRow:
    """A target as the page shows it. `place`: for what, in words; `task`: its id; `owner`: whose it is, for
    admins; `is_mine`: it can be changed here."""

    id: int
    label: str
    place: str
    task: int | None
    told_of: str
    owner: str
    is_mine: bool


@dataclass(frozen=True)
class NoticeRow:
    """A notice as the page shows it."""

    state: State
    title: str
    why: str
    run: str | None
    to: str
    at: Moment | None
    next: Moment | None
    tries: str
    error: str
    goes_on: bool


@dataclass
class NoticeInput:
    """What was typed for a new target, and what is wrong with it, by field. `key`: of the webhook that was just added."""

    target: str = ""
    place: str = ALL
    on: tuple[str, ...] = USUAL
    after: str = "1"
    remind: str = ""
    quiet: str = ""
    late_s: str = ""
    skipping_s: str = ""
    long_s: str = ""
    problems: dict[str, str] = field(default_factory=dict)
    key: str = ""


class NoticesView(View):
    """Who is told what."""

    @route("/notices")
    def notices(self) -> Response:
        """The targets, and the newest notices; of a task, if the address names one."""
        return self._page(NoticeInput(place=request.args.get("task", "") or ALL))

    @route("/notices/targets", "POST")
    def add_notice_target(self) -> Response:
        """One more target."""
        form = request.form
        typed = NoticeInput(
            form.get("target", "").strip(),
            form.get("for", "").strip() or ALL,
            tuple(form.getlist("on")),
            form.get("after", "").strip() or "1",
            remind=form.get("remind", ""),
            quiet=form.get("quiet", "").strip(),
            late_s=form.get("late_s", "").strip(),
            skipping_s=form.get("skipping_s", "").strip(),
            long_s=form.get("long_s", "").strip(),
        )
        remind = number(typed.remind)
        wanted = TargetInput(
            typed.target,
            typed.place,
            typed.on,
            after=number(typed.after) or 0,
            remind_s=None if remind is None else float(remind),
            quiet=typed.quiet,
            **{name: float(number(text) or 0) for name in _SECONDS if (text := getattr(typed, name))},
        )
        try:
            saved = actions.set_target(self.service, me(), wanted)
        except Invalid as error:
            typed.problems = {problem.path: problem.message for problem in error.problems}
        except (NotAllowed, NoSuchTask) as error:
            typed.problems = {"target" if isinstance(error, NotAllowed) else "for": str(error)}
        else:
            if saved.kind != WEBHOOK:
                say(f"{saved.label} is told from now on.")
                return see(url_for("pages.notices"))
            typed = NoticeInput(key=actions.signing_key(self.service, me(), saved))
        return self._page(typed)

    @route("/notices/targets/<int:id>/test", "POST")
    def test_notice_target(self, id: int) -> Response:
        """Send a target a test."""
        error = actions.test(self.service, me(), id)
        say(f"The test did not arrive: {error}." if error else "The test was sent.")
        return see(url_for("pages.notices"))

    @route("/notices/targets/<int:id>/remove", "POST")
    def remove_notice_target(self, id: int) -> Response:
        """Tell a target no more."""
        actions.remove_target(self.service, me(), id)
        say("It is told nothing more.")
        return see(url_for("pages.notices"))

    def _page(self, typed: NoticeInput) -> Response:
        chosen = number(request.args.get("task", ""))
        task = None if chosen is None else task_of_mine(self, chosen)
        state, after = request.args.get("state", ""), request.args.get("after", "")
        most = self.service.settings.page_rows
        found = actions.notices(self.service, me(), most + 1, after=after, state=state, task=task)
        status = 400 if typed.problems else 200
        answer = live_page(
            "notices/page.html",
            "notices/_rows.html",
            "Notices",
            "settings",
            seen=found,
            moving=any(notice.state in (WAITING, SENDING) for notice in found),
            values=lambda: self._values(typed, found[:most], task.name if task else ""),
        )
        answer.status_code = status if answer.status_code == 200 else answer.status_code
        return answer

    def _values(self, typed: NoticeInput, found: list[ListedNotice], task: str) -> dict[str, object]:
        most = self.service.settings.page_rows
        return {
            "typed": typed,
            "task": task,
            "targets": self._targets(),
            "rows": [self._row(one) for one in found],
            "live": request.full_path.rstrip("?") if request.method == "GET" else url_for("pages.notices"),
            "older": url_for("pages.notices", after=found[-1].uid) if len(found) == most else "",
            "events": {event: text for event, text in EVENTS.items() if is_admin(me()) or event not in OF_INSTALLATION},
            "reminders": HOURS,
        }

    def _targets(self) -> list[TargetRow]:
        found = actions.targets(self.service, me())
        emails = self.service.masters.emails([one.owner for one in found]) if self.owner() is None else {}
        ids = [one.task for one in found if one.task is not None]
        names = {task.id: task.name for task in task_queries.by_ids(self.service.db, ids)}
        return [self._target(one, emails.get(one.owner, ""), names.get(one.task or 0, "")) for one in found]

    def _target(self, target: NoticeTarget, owner: str, name: str) -> TargetRow:
        words = [", ".join(target.events.split()).replace("_", " ")]
        if target.is_pinged:
            words = ["each success and failure"]
        if target.after > 1:
            words.append(f"after {count(target.after, 'failure')} in a row")
        if target.remind_s:
            words.append(f"again after {length(target.remind_s)}")
        if target.quiet:
            words.append(f"not {target.quiet}")
        place = f"tag {target.tag}" if target.tag else "all tasks"
        if target.place == TASK:
            place = cut(name, 80) or "a deleted task"
        return TargetRow(
            id=target.id,
            label=target.label,
            place=place,
            task=target.task if name else None,
            told_of="; ".join(words),
            owner=owner,
            is_mine=target.owner != OF_SETTING,
        )

    def _row(self, notice: ListedNotice) -> NoticeRow:
        return NoticeRow(
            state=STATES[notice.state],
            title=notice.title,
            why=self.service.masker.text(notice.why),
            run=notice.run,
            to=notice.to,
            at=moment(notice.at, self.now),
            next=moment(notice.due_at, self.now) if notice.waits else None,
            tries=count(notice.tries, "try", "tries") if notice.tries > 1 else "",
            error=notice.error,
            goes_on=notice.goes_on,
        )
