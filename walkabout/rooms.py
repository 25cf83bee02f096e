"""The rooms of the service, in the groups that `service.build` puts together."""

from dataclasses import dataclass

from walkabout.database.connections import Database
from walkabout.events import Events
from walkabout.graph.graphs import Graphs
from walkabout.graph.rights import Shares
from walkabout.jobs.carrier import Carrier
from walkabout.jobs.foreground import Foreground
from walkabout.jobs.inline import Inline
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.places import ServerPlaces
from walkabout.jobs.request_keys import RequestKeys
from walkabout.jobs.run import Runner
from walkabout.jobs.stopping import Stopping
from walkabout.jobs.waiting import Watcher
from walkabout.jobs.worker.consumers import Consumers
from walkabout.jobs.worker.leases import Leases
from walkabout.jobs.worker.machine_clock import MachineClock
from walkabout.jobs.worker.wake_ups import Bells
from walkabout.masking import Masker
from walkabout.notices.courier import Courier
from walkabout.notices.deliveries import Deliveries
from walkabout.notices.targets import NoticeTargets
from walkabout.notices.telling import Notices
from walkabout.people.aliases import Aliases
from walkabout.people.keys import Keys
from walkabout.people.masters import Masters
from walkabout.people.sign_ins import SignIns
from walkabout.people.tokens import Tokens
from walkabout.periodic.firing import Firing
from walkabout.periodic.owners import Owners
from walkabout.periodic.tasks import PeriodicTasks
from walkabout.sequences.bulk_runs import BulkRuns
from walkabout.sequences.runs import Sequences
from walkabout.settings import Settings
from walkabout.times import Clock
from walkabout.walking.calls import WalkerCalls
from walkabout.walking.names import Names
from walkabout.walking.sentinel import Sentinel


@dataclass
class Ground:
    """What every room stands on."""

    settings: Settings
    secret: bytes
    clock: Clock
    machine_clock: MachineClock
    events: Events
    masker: Masker
    stopping: Stopping
    bells: Bells
    db: Database


@dataclass
class PeopleRooms:
    """People, and what is theirs."""

    masters: Masters
    tokens: Tokens
    aliases: Aliases
    keys: Keys
    sign_ins: SignIns
    graphs: Graphs
    shares: Shares


@dataclass
class NoticeRooms:
    """Who is told what."""

    notice_targets: NoticeTargets
    notices: Notices


@dataclass
class JobRooms:
    """Jobs, and who runs them."""

    ledger: Ledger
    consumers: Consumers
    leases: Leases
    places: ServerPlaces
    carrier: Carrier | None
    foreground: Foreground
    inline: Inline
    request_keys: RequestKeys
    watcher: Watcher


@dataclass
class RunRooms:
    """What jobs run: walkers and sequences."""

    sentinel: Sentinel
    names: Names
    runs: WalkerCalls
    sequences: Sequences
    bulk: BulkRuns
    deliveries: Deliveries
    runner: Runner


@dataclass
class PeriodicRooms:
    """What runs by itself."""

    periodic_tasks: PeriodicTasks
    firing: Firing
    owners: Owners
    courier: Courier
