"""Puts the sending of notices together: for `service.build`."""

from walkabout.database.connections import Database
from walkabout.events import Events
from walkabout.jobs.ledger import Ledger
from walkabout.notices.channels.mail import MailChannel
from walkabout.notices.channels.ways import ways
from walkabout.notices.channels.web import WebChannel
from walkabout.notices.deliveries import Deliveries
from walkabout.notices.targets import OF_SETTING, NoticeTarget, NoticeTargets
from walkabout.outbound import MayReachPrivate, Outbound
from walkabout.people.reach import Reach
from walkabout.setting_groups.notices import NoticeSettings
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
) -> Deliveries:
    """What sends the notices of an installation. `secret`: its own; `reach`: who reaches private networks."""

    def may_reach_private(target: NoticeTarget) -> MayReachPrivate:
        # NOTIFY is the operator's.
        return lambda: target.owner == OF_SETTING or reach.is_private(target.owner)

    web = WebChannel(outbound, secret, clock, settings.notify_timeout_s, may_reach_private)
    mail = MailChannel(settings.smtp_url, settings.notify_timeout_s)
    return Deliveries(
        db=db,
        targets=targets,
        ledger=ledger,
        events=events,
        settings=settings,
        web=web,
        ways=ways(web, mail),
        clock=clock,
    )
