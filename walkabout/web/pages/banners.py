"""Banners: what is wrong with the service as a whole, one line each, with what to do."""

from walkabout.actions import notices
from walkabout.actions.rights import sees_machine
from walkabout.database.file import is_open_to_others
from walkabout.jobs import queries, queue_parts
from walkabout.jobs.queries import ListedJob
from walkabout.periodic import due_tasks
from walkabout.service import Service
from walkabout.web.pages.words import count, length
from walkabout.web.session import me

LOST_S = 86_400.0  # how long it is told that a notice could not be delivered
AHEAD_S = 5.0  # by so much a clock is off for sure: a pulse takes far less to be written and read
OVERDUE_S = 30.0  # the tick comes every second
WAITS_S = 60.0  # the run that is taken next should not have waited so long

UNDECLARED_PROXY = (
    "A proxy on this machine forwards requests (it sends X-Forwarded-For), but PROXIES is 0. Everybody seems to come from one"
    " address, so failed sign-ins are not counted by address. Set PROXIES to the number of proxies."
)
NO_WORKER = "No worker is alive, so no task fires. Start one: make run, or scale worker to 1 or more."


def about_files(service: Service) -> list[str]:
    """What is wrong with the files of the service, for admins."""
    found = [] if service.db.trouble is None else [f"{service.db.trouble} ({service.db.path})."]
    folder = service.settings.data_path
    if is_open_to_others(folder):
        found.append(f"Other users of this machine can enter the data folder. Restrict it: chmod 700 {folder}")
    return found


def about_notices(service: Service) -> list[str]:
    """That somebody was not told what they were to be told."""
    lost = notices.undelivered(service, me(), service.clock() - LOST_S)
    return [f"{count(lost, 'notice')} could not be delivered since yesterday. Notices says why."] if lost else []


def about_tasks(service: Service) -> list[str]:
    """What keeps tasks from firing on time."""
    if not service.consumers.alive():
        return [NO_WORKER]
    due = due_tasks.next_fire(service.db)
    late = service.clock() - due if due is not None else 0.0
    overdue = f"A task was due {length(late)} ago and has not fired, although a worker is alive. See its log, then restart it."
    return [*([overdue] if late > OVERDUE_S else []), *about_the_queue(service)]


def about_the_queue(service: Service) -> list[str]:
    """What makes runs wait, and times wrong."""
    found = []
    now = service.clock()
    following = queue_parts.queued(service.db, ListedJob, "reserved", None, 1)
    waited = now - max(following[0].queued_at, following[0].eta or 0.0) if following else 0.0
    if waited > WAITS_S and service.consumers.alive():
        found.append(
            f"The queue is full: the next run has waited for {length(waited)}. All workers are busy; add"
            " more (WORKERS) to run more at once."
        )
    return found + _clocks(service, now)


def _clocks(service: Service, now: float) -> list[str]:
    found = []
    for one in service.machine_clock.machines_off():
        whose = one.machine if sees_machine(me()) else "a machine"
        off = f"{length(abs(one.off_s))} {'ahead of' if one.off_s > 0 else 'behind'}"
        found.append(
            f"The clock of {whose} is {off} the database's, whose time counts meanwhile. Set it by NTP, and restart nothing."
        )
    if found:
        return found
    # Nothing is written with a time that is to come, unless a clock was wrong then or is wrong now.
    for consumer in service.consumers.all():
        if consumer.pulse_at > now + AHEAD_S:
            ahead = length(consumer.pulse_at - now)
            whose = consumer.name if sees_machine(me()) else "a worker"
            return [
                f"The clock of {whose} is {ahead} ahead of this machine's, so times are wrong. Synchronise both by NTP."
            ]
    newest = queries.newest_at(service.db)
    if newest is not None and newest > now + AHEAD_S:
        return [
            f"The clock was set back: the newest run was queued {length(newest - now)} in the future. Tasks fire by the clock;"
            " check that it is right."
        ]
    return []
