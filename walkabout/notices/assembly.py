"""Puts the sending of notices together: for `service.build`."""

from collections.abc import Callable

from walkabout.database.connections import Database
from walkabout.events import Events
from walkabout.jobs.inline import Inline
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.run import Runner
from walkabout.jobs.template import JobTemplate
from walkabout.jobs.worker.consumers import Consumers
from walkabout.jobs.worker.machine_clock import MachineClock
from walkabout.notices.channels.mail import MailChannel
from walkabout.notices.channels.runs import RunChannel
from walkabout.notices.channels.services import ServiceChannel
from walkabout.notices.channels.ways import ways
from walkabout.notices.channels.web import WebChannel
from walkabout.notices.conditions import FullDisk, NoWorker, WrongClocks
from walkabout.notices.courier import Courier
from walkabout.notices.deliveries import Deliveries
from walkabout.notices.targets import OF_SETTING, NoticeTarget, NoticeTargets
from walkabout.notices.telling import Notices
from walkabout.notices.watch import Watch, WatchedTasks
from walkabout.outbound import MayReachPrivate, Outbound
from walkabout.people.reach import Reach
from walkabout.setting_groups.notices import NoticeSettings
from walkabout.settings import MB, Settings, entries
from walkabout.times import Clock


def deliveries_of(
    *,
    db: Database,
    ledger: Ledger,
    events: Events,
    settings: NoticeSettings,
    targets: NoticeTargets,
    outbound: Outbound,
    reach: Reach,
    secret: bytes,
    clock: Clock,
    template_of: Callable[[str], JobTemplate],
) -> Deliveries:
    """What sends the notices of an installation. `secret`: its own; `reach`: who reaches private networks; `template_of`: how
    what an address names is run, by its kind."""

    def may_reach_private(target: NoticeTarget) -> MayReachPrivate:
        # NOTIFY is the operator's.
        return lambda: target.owner == OF_SETTING or reach.is_private(target.owner)

    web = WebChannel(outbound, secret, clock, settings.notify_timeout_s, may_reach_private)
    mail = MailChannel(settings.smtp_url, settings.notify_timeout_s)
    kinds = entries(settings.notify_kinds.lower())
    services = ServiceChannel(outbound, settings.notify_timeout_s, kinds, may_reach_private)
    runs = RunChannel(ledger, template_of)
    return Deliveries(
        db=db,
        targets=targets,
        ledger=ledger,
        events=events,
        settings=settings,
        web=web,
        services=services,
        runs=runs,
        ways=ways(web, mail, services, runs),
        clock=clock,
    )


def courier_of(
    *,
    settings: Settings,
    notices: Notices,
    deliveries: Deliveries,
    tasks: WatchedTasks,
    consumers: Consumers,
    machine_clock: MachineClock,
    inline: Inline,
    runner: Runner,
) -> Courier:
    """What watches and sends. `tasks`: what is watched of periodic tasks."""
    watch = Watch(
        db=notices.db,
        targets=notices.targets,
        notices=notices,
        tasks=tasks,
        conditions=(
            NoWorker(consumers, settings.no_worker_s, settings.workers > 0),
            WrongClocks(machine_clock.machines_off),
            FullDisk(settings.data_path, int(settings.disk_least_mb * MB)),
        ),
        send_unwritten=deliveries.send_unwritten,
        clock=deliveries.clock,
    )
    return Courier(deliveries, inline, runner, deliveries.events, watch)
