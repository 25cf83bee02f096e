"""Puts the service together in one place: app.py, tasks.py, the command line and the tests call `build`."""

import hashlib
import random
import secrets
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace

import sequence
from walkabout.events import Events
from walkabout.graph.graphs import Graphs
from walkabout.graph.limits import graph_limits
from walkabout.graph.rights import Actor, Shares
from walkabout.graph.view import GraphView
from walkabout.ground import ground_of
from walkabout.jobs.carrier import Carrier
from walkabout.jobs.foreground import Foreground
from walkabout.jobs.inline import Inline
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.places import server_places
from walkabout.jobs.quotas import Quotas
from walkabout.jobs.request_keys import RequestKeys
from walkabout.jobs.run import Runner, Target
from walkabout.jobs.run_log import LogLimits
from walkabout.jobs.sending import sender
from walkabout.jobs.template import JobTemplate
from walkabout.jobs.waiting import Watcher
from walkabout.jobs.worker.consumers import Consumers
from walkabout.jobs.worker.leases import Leases
from walkabout.jobs.worker.wake_ups import SUPERVISOR, WEB, WORKER, Bells
from walkabout.notices import addresses
from walkabout.notices.assembly import courier_of, deliveries_of
from walkabout.notices.deliveries import KIND as NOTICE
from walkabout.notices.targets import NoticeTargets
from walkabout.notices.telling import Notices
from walkabout.people.aliases import Aliases
from walkabout.people.audit import Audit
from walkabout.people.keys import Keys
from walkabout.people.masters import Master, Masters
from walkabout.people.passwords import COST, Cost
from walkabout.people.reach import Reach
from walkabout.people.sign_ins import sign_ins_of
from walkabout.people.tokens import Tokens
from walkabout.periodic.firing import Firing
from walkabout.periodic.health import TaskHealth
from walkabout.periodic.owners import Owners
from walkabout.periodic.periodic_task import SEQUENCE as SCHEDULED_SEQUENCE
from walkabout.periodic.periodic_task import WALKER as SCHEDULED_WALKER
from walkabout.periodic.periodic_task import JobTemplates
from walkabout.periodic.tasks import PeriodicTasks
from walkabout.periodic.watching import TaskWatch
from walkabout.rooms import Ground, JobRooms, NoticeRooms, PeopleRooms, PeriodicRooms, RunRooms
from walkabout.sequences.api_steps import ApiCall, AskApi, nobody_to_ask
from walkabout.sequences.bulk_runs import KIND as BULK
from walkabout.sequences.bulk_runs import BulkRuns
from walkabout.sequences.network import network_of, outbound_of, sequence_settings
from walkabout.sequences.rights import SequenceRights
from walkabout.sequences.runs import KIND as SEQUENCE
from walkabout.sequences.runs import Sequences
from walkabout.sequences.saved import SavedSequences
from walkabout.sequences.template import SequenceTemplate
from walkabout.settings import MB, Settings
from walkabout.times import Clock
from walkabout.walking.call import KIND as WALKER
from walkabout.walking.calls import WalkerCalls
from walkabout.walking.limits import walk_limits, walker_folders
from walkabout.walking.names import Names
from walkabout.walking.resting import RestingWalks
from walkabout.walking.sentinel import Sentinel
from walkabout.walking.template import WalkerTemplate


@dataclass
class Service(PeriodicRooms, RunRooms, JobRooms, NoticeRooms, PeopleRooms, Ground):
    """All rooms of one installation, wired."""

    @property
    def audit(self) -> Audit:
        """What happened to people, and who did it."""
        return self.sign_ins.log

    def new_master(
        self,
        email: str,
        password: str,
        name: str,
        *,
        superuser: bool = False,
        active: bool = True,
        must_change: bool = False,
        by: str = "",
        address: str = "",
    ) -> Master:
        """A master, born with an active graph. Raises EmailTaken, HashesBusy.

        `must_change`: the page asks them for another password first; `by` (an email), `address`: who makes them.
        """
        password_hash = self.sign_ins.passwords.hash(password)  # before the transaction: others write meanwhile
        with self.db.transaction():
            master = self.masters.create(
                email, password_hash, name, self.clock(), superuser=superuser, active=active, must_change=must_change
            )
            self._settle(master, by, address)
        return self.masters.by_uid(master.uid) or master

    def _settle(self, master: Master, by: str, address: str) -> None:
        self.graphs.create(master.uid, activate=True)
        self.sign_ins.note_creation(master, by, address)

    def view(self, master: Master) -> GraphView:
        """The graph in a master's name, outside of any run: it holds what one answer may hold."""
        settings = self.settings
        limits = replace(
            graph_limits(settings),
            held=settings.object_nodes_max,
            held_bytes=int(settings.object_mb * MB),
            holder="an answer",
            held_settings=("OBJECT_NODES_MAX", "OBJECT_MB"),
        )
        return GraphView(self.db, Actor(master.uid, master.is_superuser), self.clock, nullcontext, limits)

    def first_admin(self) -> tuple[str, str | None] | None:
        """Make the first admin when there is none: the email, and the password if it was made up here.

        None: there is an admin already. Safe when several processes start at once.
        """
        email, given = self.settings.admin_email, self.settings.admin_password
        if self.masters.any_superuser():
            return None
        made_up = None if given else secrets.token_urlsafe(12)
        password_hash = self.sign_ins.passwords.hash(given or made_up or "")
        with self.db.transaction():
            if self.masters.any_superuser():
                return None
            made = self.masters.create(email, password_hash, "Admin", self.clock(), superuser=True)
            self._settle(made, "first start", "")
        return email, made_up

    def close(self) -> None:
        """Let go of connections and sockets of this process."""
        self.bells.close()
        self.consumers.watch.close()
        if self.carrier is not None:
            self.carrier.close()
        self.db.close()


Apis = Callable[["Service", ApiCall], sequence.StepResponse | sequence.Nested]
"""Answers the JAC step of a sequence by an API of the service: see api/families.py."""


def no_apis(_service: "Service", call: ApiCall) -> sequence.StepResponse | sequence.Nested:
    """The Apis of a service that has none."""
    return nobody_to_ask(call)


def build(
    settings: Settings,
    *,
    apis: Apis = no_apis,
    clock: Clock | None = None,
    events: Events | None = None,
    password_cost: Cost = COST,
) -> Service:
    """A service from its settings; its tables are up to date afterwards.

    `apis`: what its sequences may ask; `clock`: UTC seconds (None: this machine's, compared with the database's);
    `password_cost`: of new hashes. Raises Unusable when the database can't be used.
    """
    ground = ground_of(settings, clock, events)
    people = _people(ground, password_cost)
    notices = _notices(ground, people)
    jobs = _jobs(ground, notices)

    def template_of(kind: str) -> JobTemplate:
        return service.periodic_tasks.job_templates[_TEMPLATES[kind]]

    # A sequence asks when it runs, and a notice when it is sent, and then there is a service.
    runs = _runs(ground, people, notices, jobs.ledger, lambda call: apis(service, call), template_of)
    periodic = _periodic(ground, people, notices, jobs, runs)
    rooms = (ground, people, notices, jobs, runs, periodic)
    service = Service(**{name: room for group in rooms for name, room in vars(group).items()})
    return service


def _people(ground: Ground, password_cost: Cost) -> PeopleRooms:
    settings, db, clock, secret = ground.settings, ground.db, ground.clock, ground.secret
    masters = Masters(db)
    audit = Audit(db, ground.events, clock, settings.audit_days)
    return PeopleRooms(
        masters=masters,
        tokens=Tokens(db, masters, clock, settings.session_idle_hours * 3600),
        aliases=Aliases(db, settings),
        keys=Keys(db, secret),
        sign_ins=sign_ins_of(settings, masters, audit, secret=secret, password_cost=password_cost),
        graphs=Graphs(db, masters, clock, graph_limits(settings).owner_bytes),
        shares=Shares(db),
    )


def _notices(ground: Ground, people: PeopleRooms) -> NoticeRooms:
    targets = NoticeTargets(ground.db, people.masters, ground.clock)
    targets.obey_setting(ground.settings.notify, may_end=ground.settings.process in ("web", "worker"))
    return NoticeRooms(targets, Notices(ground.db, targets))


def _jobs(ground: Ground, notices: NoticeRooms) -> JobRooms:
    settings, db, clock, bells = ground.settings, ground.db, ground.clock, ground.bells
    carrier = _carrier(ground)
    health = TaskHealth(db, notices.notices.tell)
    ledger = Ledger(db, clock, sender(bells, carrier), Quotas(db, settings.max_waiting), health.note)
    consumers = Consumers(db, clock, settings.pulse_max_s)
    ledger.serves = consumers.serving
    leases = Leases(db, ledger, consumers, ground.events, settings)
    places = server_places(settings)
    watcher = Watcher(db, bells, ground.events)
    ground.stopping.listen(watcher.let_go)
    return JobRooms(
        ledger=ledger,
        consumers=consumers,
        leases=leases,
        places=places,
        carrier=carrier,
        foreground=Foreground(places.runs),
        inline=Inline(ledger, consumers, leases),
        request_keys=RequestKeys(db, clock, settings.idempotency_hours * 3600),
        watcher=watcher,
    )


_TEMPLATES = {addresses.WALKER: SCHEDULED_WALKER, addresses.SEQUENCE: SCHEDULED_SEQUENCE}
"""What runs, by the kind of a notice's address."""


def _runs(
    ground: Ground,
    people: PeopleRooms,
    notices: NoticeRooms,
    ledger: Ledger,
    ask_api: AskApi,
    template_of: Callable[[str], JobTemplate],
) -> RunRooms:
    settings, db, masters = ground.settings, ground.db, people.masters
    network, reach = network_of(settings), Reach(masters, settings.private_hosts)
    outbound = outbound_of(settings, network)
    sentinel = Sentinel(walker_folders(settings), ground.events, reload=settings.reload_walkers)
    calls = WalkerCalls(
        db=db,
        sentinel=sentinel,
        resting=RestingWalks(db),
        ledger=ledger,
        outbound=outbound,
        reach=reach,
        masker=ground.masker,
        limits=walk_limits(settings),
        tries=settings.conflict_tries,
        clock=ground.clock,
    )
    sequences = Sequences(
        db=db,
        rights=SequenceRights(masters),
        ledger=ledger,
        network=network,
        reach=reach,
        settings=sequence_settings(settings),
        stopping=ground.stopping,
        finally_now_s=settings.finally_now_s,
        ask_api=ask_api,
        saved=SavedSequences(db, settings.sequence_versions),
    )
    bulk = BulkRuns(db, masters, ledger, sequences, told=lambda: _tell_ended(ground.bells, WORKER))
    deliveries = deliveries_of(
        db=db, ledger=ledger, events=ground.events, settings=settings, targets=notices.notice_targets,
        outbound=outbound, reach=reach, secret=ground.secret, clock=ground.clock, template_of=template_of,
    )  # fmt: skip
    targets = {WALKER: calls.as_job, SEQUENCE: sequences.as_job, BULK: bulk.as_job, NOTICE: deliveries.as_job}
    return RunRooms(
        sentinel=sentinel,
        names=Names(db, masters, people.aliases, people.graphs, sentinel),
        runs=calls,
        sequences=sequences,
        bulk=bulk,
        deliveries=deliveries,
        runner=_runner(ground, ledger, targets),
    )


def _tell_ended(bells: Bells, *others: str) -> None:
    for name in (SUPERVISOR, WEB, *others):
        bells.ring(name)


def _runner(ground: Ground, ledger: Ledger, targets: Mapping[str, Target]) -> Runner:
    return Runner(
        ledger,
        targets,
        ground.events,
        ground.masker,
        ground.settings.conflict_tries,
        ended=lambda: ground.bells.ring(WEB),
        waits=lambda: ground.bells.ring(SUPERVISOR),
        log_limits=LogLimits(ground.settings.job_log_lines, int(ground.settings.job_log_kb * 1024)),
        unknown_wait_s=ground.settings.unknown_wait_s,
    )


def _periodic(
    ground: Ground, people: PeopleRooms, notices: NoticeRooms, jobs: JobRooms, runs: RunRooms
) -> PeriodicRooms:
    settings, db = ground.settings, ground.db
    templates: JobTemplates = {
        SCHEDULED_WALKER: WalkerTemplate(people.masters, runs.sentinel, runs.names, settings.job_limit_s),
        SCHEDULED_SEQUENCE: SequenceTemplate(runs.sequences),
    }

    def end_runs(owner: str, kind: str | None) -> None:
        jobs.foreground.end_all_of(owner, kind)
        _tell_ended(ground.bells)

    tasks = PeriodicTasks(
        db=db,
        clock=ground.clock,
        ledger=jobs.ledger,
        job_templates=templates,
        changed=lambda: ground.bells.ring(SUPERVISOR),
        random=random.random,
        versions_most=settings.task_versions,
    )
    return PeriodicRooms(
        periodic_tasks=tasks,
        firing=Firing(db, jobs.ledger, templates, ground.events, ground.masker, tell=notices.notices.tell),
        owners=Owners(db, people.masters, jobs.ledger, tasks, people.sign_ins.log, end_runs),
        courier=courier_of(
            settings=settings,
            notices=notices.notices,
            deliveries=runs.deliveries,
            tasks=TaskWatch(db, ground.clock),
            consumers=jobs.consumers,
            machine_clock=ground.machine_clock,
            inline=jobs.inline,
            runner=runs.runner,
        ),
    )


def _carrier(ground: Ground) -> Carrier | None:
    if not ground.settings.redis_url:
        return None
    # Several installations may share a Redis; those that share a database share the key.
    name = f"walkabout{hashlib.sha256(b'queue' + ground.secret).hexdigest()[:16]}"
    return Carrier(ground.settings.redis_url, name, ground.events)
