"""Sends what waits: the notices of a target that are due become one message, and each try to send it is a job.

Whoever sends enters the job as its own, so that a service which does not answer keeps no worker from a run. The message
keeps its id in every try: when a process was killed while it sent, whoever gets it twice can see that.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from walkabout import json_text
from walkabout.database.connections import Database
from walkabout.events import Events
from walkabout.jids import new_uid
from walkabout.jobs import queries
from walkabout.jobs.hooks import Hooks
from walkabout.jobs.inline import Inline
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.run import Outcome
from walkabout.jobs.specs import Claim, JobSpec
from walkabout.jobs.states import ENDED
from walkabout.notices.addresses import PINGS
from walkabout.notices.channels.not_delivered import NotDelivered
from walkabout.notices.channels.runs import RunChannel
from walkabout.notices.channels.services import ServiceChannel
from walkabout.notices.channels.ways import Way
from walkabout.notices.channels.web import WebChannel
from walkabout.notices.messages import Message, Notice
from walkabout.notices.occasions import TEST, Occasion
from walkabout.notices.tables import NoticeTable
from walkabout.notices.targets import NoticeTarget, NoticeTargets
from walkabout.notices.telling import DROPPED, GIVEN_UP, SENDING, SENT, WAITING
from walkabout.raised import describe_error
from walkabout.setting_groups.notices import NoticeSettings

KIND = "notice"
TOGETHER = 200  # notices of one message
BATCHES = 100  # messages that one look finds
_ERROR_MOST = 300  # characters
GONE = "its target was removed"


class TakenByOthers(Exception):
    """Somebody else sends these notices already."""


@dataclass(frozen=True)
class Batch:
    """Notices that are due for a target (its id): those of a message that was tried before, or (None) new ones."""

    target: int
    message: str | None


@dataclass(frozen=True)
class _Row:
    id: int
    uid: str
    event: str
    at: float
    task: int | None
    task_name: str
    run: str | None
    count: int
    why: str


@dataclass
class Deliveries:
    """Finds what is due, and sends it. `clock`: UTC seconds; `ways`: by kind of address; `web`: what signs webhooks;
    `services`, `runs`: what checks addresses of Apprise, and those that name a walker or a sequence."""

    db: Database
    targets: NoticeTargets
    ledger: Ledger
    events: Events
    settings: NoticeSettings
    web: WebChannel
    services: ServiceChannel
    runs: RunChannel
    ways: Mapping[str, Way]
    clock: Callable[[], float]

    def due(self) -> list[Batch]:
        """What is to be sent now; each target's oldest first. Index: notice_open."""
        now = self.clock()
        rows = self.db.rows(
            "SELECT notice.target, notice.message FROM notice LEFT JOIN notice_target ON notice_target.id = notice.target"
            " WHERE notice.state = 'waiting' AND notice.due_at <= ? AND (notice.message IS NOT NULL OR"
            f" notice_target.kind IN {PINGS} OR coalesce(notice_target.told_at, 0) <= ?)"
            " GROUP BY notice.target, notice.message ORDER BY min(notice.id) LIMIT ?",
            (now, now - self.settings.notify_collect_s, BATCHES),
        )
        return [Batch(*row) for row in rows]

    def send(self, batch: Batch, inline: Inline, run_job: Callable[[Claim], object]) -> None:
        """Send what is due for a target, as a job of this process, which `run_job(claim)` runs. Raises Unavailable."""
        found = self._rows(batch)
        target = self.targets.by_id(batch.target)
        if target is None:
            self.db.change(
                _Table.update(state=DROPPED, error=GONE).where(_Table.target == batch.target, _Table.state == WAITING)
            )
            return
        if not found:
            return
        message = batch.message or new_uid()
        ids = [row.id for row in found]
        uid = new_uid()
        spec = JobSpec(
            kind=KIND,
            name=f"Notice to {target.label}",
            owner=target.owner,
            argument={"message": message},
            uid=uid,
            repeatable=False,
            limit_s=3 * self.settings.notify_timeout_s,
            within_transaction=lambda: self._take(target, ids, message, uid),
        )
        try:
            inline.run(spec, run_job, lambda: None)
        except TakenByOthers:
            return
        self.settle()

    def as_job(self, claim: Claim, hooks: Hooks) -> Outcome:
        """The target of jobs of this kind: sends a message."""
        id = str(json_text.load(claim.argument)["message"])
        with hooks.guard():
            message = self.message(id)
            target = None if message is None else self._target_of(id)
        if message is None or target is None:
            return Outcome("{}", error=("NotDelivered", GONE))
        error = self.try_to_send(target, message)
        if error:
            return Outcome("{}", error=("NotDelivered", error))
        self.events.debug("notice.sent", message=id)
        sent = {"to": target.label, "notices": len(message.notices)}
        return Outcome(json_text.write(sent), apply=lambda: self._note_sent(id))

    def try_to_send(self, target: NoticeTarget, message: Message) -> str:
        """Send a message now; why that did not work, without the address, empty when it did."""
        way = self.ways.get(target.kind)
        if way is None:
            return f"nothing here sends to {target.kind}"
        try:
            way(target, message)
        except NotDelivered as error:
            return str(error)[:_ERROR_MOST]
        except Exception as error:
            # A library of somebody else's: its text may have the address in it.
            return f"{describe_error(error)[0]} while it was sent"
        return ""

    def test(self, target: NoticeTarget) -> str:
        """Send a target a message that says that it is a test; why that did not work, empty when it did."""
        uid = new_uid()
        notice = Notice(
            uid=uid,
            event=TEST,
            at=self.clock(),
            task=None,
            task_name="",
            run=None,
            count=1,
            why="Somebody asked for it; nothing is wrong.",
            url=self._url("/admin/notices"),
        )
        return self.try_to_send(target, Message(uid, (notice,)))

    def send_unwritten(self, occasion: Occasion) -> None:
        """Send an occasion to whom it concerns without a row, which can't be written just now: once, and no job tries again.
        The id is the same whoever sends it."""
        for target in self.targets.told_of(occasion):
            uid = str(uuid5(NAMESPACE_URL, f"{target.id} {occasion.key}"))
            notice = Notice(
                uid=uid,
                event=occasion.event,
                at=occasion.at,
                task=None,
                task_name=occasion.task_name,
                run=None,
                count=1,
                why=occasion.why,
                url=self._url("/admin/"),
            )
            if error := self.try_to_send(target, Message(uid, (notice,))):
                self.events.warn("notice.given_up", message=uid, tries=1, error=error)

    def settle(self) -> None:
        """Let those wait again, for a while, whose try failed or was cut short; after NOTIFY_TRIES they are given up.
        Index: notice_open, job.uid."""
        sending = self.db.rows(
            "SELECT notice.message, max(notice.tries), max(job.error) FROM notice LEFT JOIN job ON job.uid = notice.job"
            f" WHERE notice.state = 'sending' AND (job.id IS NULL OR job.state IN ({', '.join('?' * len(ENDED))}))"
            " GROUP BY notice.message",
            tuple(ENDED),
        )
        for message, tries, error in sending:
            self._settle(message, tries, _error_of(error))

    def message(self, id: str) -> Message | None:
        """A message as it is sent, or None. Index: notice_message."""
        rows = self.db.records(_Row, _rows().where(_Table.message == id).order_by(_Table.id))
        return Message(id, tuple(self._notice(row) for row in rows)) if rows else None

    def _target_of(self, message: str) -> NoticeTarget | None:
        target = self.db.value(_Table.select(_Table.target).where(_Table.message == message).limit(1))
        return None if target is None else self.targets.by_id(target)

    def _rows(self, batch: Batch) -> list[_Row]:
        due = _rows().where(_Table.target == batch.target, _Table.state == WAITING, _Table.due_at <= self.clock())
        is_same = _Table.message.is_null() if batch.message is None else _Table.message == batch.message
        return self.db.records(_Row, due.where(is_same).order_by(_Table.id).limit(TOGETHER))

    def _take(self, target: NoticeTarget, ids: Sequence[int], message: str, job: str) -> None:
        """Within the transaction that enters the job. Raises TakenByOthers."""
        among, params = self.db.among("id", list(ids))
        taken = self.db.change(
            f"UPDATE notice SET state = '{SENDING}', message = ?, job = ?, tries = tries + 1"
            f" WHERE {among} AND state = '{WAITING}'",
            (message, job, *params),
        )
        if taken != len(ids):
            raise TakenByOthers
        self.targets.note_told(target.id, self.clock())

    def _note_sent(self, message: str) -> None:
        self.db.change(_Table.update(state=SENT, sent_at=self.clock(), error="").where(_Table.message == message))

    def _settle(self, message: str, tries: int, error: str) -> None:
        is_given_up = tries >= self.settings.notify_tries
        wait_s = self.settings.notify_backoff_s * 2.0 ** min(tries - 1, 20)
        changed = self.db.change(
            _Table.update(state=GIVEN_UP if is_given_up else WAITING, due_at=self.clock() + wait_s, error=error).where(
                _Table.message == message, _Table.state == SENDING
            )
        )
        if changed and is_given_up:
            self.events.warn("notice.given_up", message=message, tries=tries, error=error)

    def _notice(self, row: _Row) -> Notice:
        run = queries.job(self.db, row.run) if row.run else None
        error: dict[str, Any] = json_text.load(run.error) if run is not None and run.error else {}
        place = f"/admin/runs/{row.run}" if row.run else f"/admin/tasks/{row.task}" if row.task else "/admin/"
        return Notice(
            uid=row.uid,
            event=row.event,
            at=row.at,
            task=row.task,
            task_name=row.task_name,
            run=row.run,
            count=row.count,
            why=row.why,
            state=run.state if run is not None else "",
            step=str(error.get("path") or ""),
            url=self._url(place),
        )

    def _url(self, place: str) -> str:
        base = self.settings.public_url.rstrip("/")
        return f"{base}{place}" if base else ""


_Table = NoticeTable


def _rows() -> Any:
    return _Table.select(*_Table.fields_of(_Row))


def _error_of(text: str | None) -> str:
    return str(json_text.load(text)["message"]) if text else "cut short"
