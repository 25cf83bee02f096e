"""Puts the service together in one place: app.py, tasks.py, the command line and the tests call `build`."""

import random
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import requests

import sequence
from walkabout.database.connections import Database, FileTrouble, Lost, engine_of
from walkabout.database.file import is_open_to_others
from walkabout.events import Events
from walkabout.graph.graphs import Graphs
from walkabout.graph.limits import GraphLimits
from walkabout.graph.rights import Actor, Shares
from walkabout.graph.view import GraphView
from walkabout.jobs.direct import DirectRuns
from walkabout.jobs.foreground import Foreground
from walkabout.jobs.inline import Inline
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.places import Fairness, Places, ServerPlaces
from walkabout.jobs.quotas import Quotas
from walkabout.jobs.run import Runner, Target
from walkabout.jobs.specs import JobSpec
from walkabout.jobs.stopping import Stopping
from walkabout.jobs.waiting import Watcher
from walkabout.jobs.worker.consumers import Consumers
from walkabout.jobs.worker.leases import Leases
from walkabout.jobs.worker.wake_ups import SUPERVISOR, WEB, WORKER, Bells
from walkabout.masking import Masker, secrets_of
from walkabout.outbound import MayReachPrivate, Outbound
from walkabout.people.aliases import Aliases
from walkabout.people.audit import Audit
from walkabout.people.keys import Keys
from walkabout.people.masters import Master, Masters
from walkabout.people.passwords import COST, Cost
from walkabout.people.reach import Reach
from walkabout.people.secret_key import secret_key
from walkabout.people.sign_ins import SignIns, sign_ins_of
from walkabout.people.tokens import Tokens
from walkabout.periodic.firing import Firing
from walkabout.periodic.owners import Owners
from walkabout.periodic.periodic_task import SEQUENCE as SCHEDULED_SEQUENCE
from walkabout.periodic.periodic_task import WALKER as SCHEDULED_WALKER
from walkabout.periodic.periodic_task import JobTemplates
from walkabout.periodic.tasks import PeriodicTasks
from walkabout.sequences.rights import SequenceRights
from walkabout.sequences.runs import KIND as SEQUENCE
from walkabout.sequences.runs import Sequences
from walkabout.sequences.template import SequenceTemplate
from walkabout.settings import EVERYONE, MB, Settings, entries
from walkabout.times import Clock
from walkabout.walking.call import KIND as WALKER
from walkabout.walking.calls import WalkerCalls, WalkLimits
from walkabout.walking.names import Names
from walkabout.walking.resting import RestingWalks
from walkabout.walking.sentinel import Sentinel
from walkabout.walking.template import WalkerTemplate


@dataclass
class Service:
    """All rooms of one installation, wired."""

    settings: Settings
    secret: bytes
    clock: Clock
    events: Events
    masker: Masker
    stopping: Stopping
    db: Database
    masters: Masters
    tokens: Tokens
    aliases: Aliases
    keys: Keys
    graphs: Graphs
    shares: Shares
    sentinel: Sentinel
    names: Names
    runs: WalkerCalls
    sequences: Sequences
    foreground: Foreground
    bells: Bells
    ledger: Ledger
    consumers: Consumers
    leases: Leases
    runner: Runner
    inline: Inline
    watcher: Watcher
    places: ServerPlaces
    sign_ins: SignIns
    periodic_tasks: PeriodicTasks
    firing: Firing
    owners: Owners = field(init=False)
    direct: DirectRuns = field(init=False)

    def __post_init__(self) -> None:
        self.direct = DirectRuns(self.db, self.foreground, self.settings.conflict_tries)
        self.owners = Owners(self.db, self.masters, self.ledger, self.periodic_tasks, self.audit, self._end_runs)

    def _end_runs(self, owner: str, kind: str | None) -> None:
        self.foreground.end_all_of(owner, kind)
        self.bells.ring(SUPERVISOR)
        self.bells.ring(WEB)

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
        self.db.close()


def build(
    settings: Settings, *, clock: Clock = time.time, events: Events | None = None, password_cost: Cost = COST
) -> Service:
    """A service from its settings; its tables are up to date afterwards.

    `clock`: UTC seconds; `password_cost`: of new hashes. Raises Unusable when the database can't be used.
    """
    masker = Masker(secrets_of(settings.environ))
    events = events or Events(settings.log_level, masker)
    db = _database(settings, events)
    masters, bells = Masters(db), Bells(settings.data_path)
    ledger = Ledger(db, clock, _sender(bells, clock), Quotas(db, settings.max_waiting))
    consumers = Consumers(db, clock, settings.pulse_max_s)
    sentinel = Sentinel(_folders(settings), events, reload=settings.reload_walkers)
    _say_what_is_odd(settings, events)
    secret = secret_key(settings.secret_key, settings.data_path)
    network, limits = network_of(settings), _walk_limits(settings)
    reach = Reach(masters, settings.private_hosts)
    stopping = Stopping()
    sequences = _sequences(settings, db, masters, ledger, network, reach, stopping)
    aliases = Aliases(db, settings.aliases_max, settings.alias_chars)
    graphs = Graphs(db, masters, clock, limits.graph.owner_bytes)
    names = Names(db, masters, aliases, graphs, sentinel)
    outbound, resting = outbound_of(settings, network), RestingWalks(db)
    runs = WalkerCalls(db, masters, sentinel, resting, ledger, outbound, reach, masker, limits, clock)
    job_templates = _job_templates(WalkerTemplate(masters, sentinel, names, settings.job_limit_s), sequences)
    leases = Leases(db, ledger, consumers, events, settings.lease_s, settings.max_takeovers)
    places = _places(settings)
    return Service(
        settings=settings,
        secret=secret,
        clock=clock,
        events=events,
        masker=masker,
        stopping=stopping,
        db=db,
        masters=masters,
        tokens=Tokens(db, masters, clock, settings.session_idle_hours * 3600),
        aliases=aliases,
        keys=Keys(db, secret),
        graphs=graphs,
        shares=Shares(db),
        sentinel=sentinel,
        names=names,
        runs=runs,
        sequences=sequences,
        foreground=Foreground(places.runs),
        bells=bells,
        ledger=ledger,
        consumers=consumers,
        leases=leases,
        runner=_runner(settings, ledger, events, masker, bells, {WALKER: runs.as_job, SEQUENCE: sequences.as_job}),
        inline=Inline(ledger, consumers, leases),
        watcher=_watcher(db, bells, events, stopping),
        places=places,
        sign_ins=sign_ins_of(settings, db, masters, events, secret, clock, password_cost),
        periodic_tasks=_periodic_tasks(settings, db, clock, ledger, job_templates, bells),
        firing=Firing(db, ledger, job_templates, events, masker),
    )


def _walk_limits(settings: Settings) -> WalkLimits:
    steps, depth, job_s = settings.step_limit, settings.depth_limit, settings.job_limit_s
    return WalkLimits(steps, depth, job_s, graph_limits(settings), _own_folders(settings))


def _sequences(
    settings: Settings,
    db: Database,
    masters: Masters,
    ledger: Ledger,
    network: sequence.Network,
    reach: Reach,
    stopping: Stopping,
) -> Sequences:
    rights = SequenceRights(masters)
    return Sequences(db, rights, ledger, network, reach, sequence_settings(settings), stopping)


def _periodic_tasks(
    settings: Settings, db: Database, clock: Clock, ledger: Ledger, templates: JobTemplates, bells: Bells
) -> PeriodicTasks:
    return PeriodicTasks(
        db, clock, ledger, templates, lambda: bells.ring(SUPERVISOR), random.random, settings.task_versions
    )


def _watcher(db: Database, bells: Bells, events: Events, stopping: Stopping) -> Watcher:
    watcher = Watcher(db, bells, events)
    stopping.listen(watcher.let_go)
    return watcher


def _database(settings: Settings, events: Events) -> Database:
    """The database, its tables up to date. Raises Unusable."""
    engine = engine_of(settings.database_url, settings.data_path)
    db = Database(engine, partial(_say_trouble, events, engine.path))
    db.migrate(settings.start_check_s if settings.process == "release" else 0)
    return db


def _say_trouble(events: Events, path: Path | None, trouble: FileTrouble) -> None:
    event = "database.lost" if isinstance(trouble, Lost) else "database.damaged"
    events.warn(event, path=path, why=str(trouble))


def _say_what_is_odd(settings: Settings, events: Events) -> None:
    if settings.process == "web" and is_open_to_others(settings.data_path):
        events.warn("data_dir.open", path=settings.data_path, remedy=f"chmod 700 {settings.data_path}")
    if settings.redis_url:
        events.warn("settings.ignored", variable="REDIS_URL", why="this version keeps the queue in the ledger")


def graph_limits(settings: Settings) -> GraphLimits:
    """What runs of walkers, objects and people may take of the graph."""
    return GraphLimits(
        held=settings.walk_nodes_max,
        held_bytes=int(settings.walk_mb * MB),
        made=settings.run_nodes_max,
        context_bytes=int(settings.context_mb * MB),
        owner_bytes=int(settings.graph_mb * MB),
    )


def _places(settings: Settings) -> ServerPlaces:
    fairness = Fairness(settings.kept_share, settings.few_places)
    # Who waits and who runs: together they must leave threads for requests that are answered at once.
    held = Places(settings.held_most, fairness, "requests that wait or run (THREADS)")
    return ServerPlaces(
        Places(settings.foreground_most, fairness, "runs inside of requests (FOREGROUND_MAX)", within=held),
        Places(settings.waiting_most, fairness, "requests that wait for tasks (WAITING_MAX)", within=held),
        Places(settings.threads - settings.held_most, fairness, "requests that cancel running tasks (THREADS)"),
    )


def _runner(
    settings: Settings, ledger: Ledger, events: Events, masker: Masker, bells: Bells, targets: Mapping[str, Target]
) -> Runner:
    return Runner(
        ledger,
        targets,
        events,
        masker,
        settings.conflict_tries,
        ended=lambda: bells.ring(WEB),
        waits=lambda: bells.ring(SUPERVISOR),
    )


def network_of(settings: Settings) -> sequence.Network:
    """Where this process may send requests to, as the settings say, in nobody's name; one for walkers and sequences."""
    only = _hosts(settings.allow_hosts)
    policy = sequence.Policy(
        private=settings.private_hosts == EVERYONE,
        metadata=tuple(entry for entry in only if sequence.is_metadata_entry(entry)),
        only=only,
        refuse=_hosts(settings.refuse_hosts),
    )
    return sequence.Network.from_environ(settings.environ, policy)


def outbound_of(settings: Settings, network: sequence.Network) -> Outbound:
    """What walkers send requests with."""

    def open_session(may_reach_private: MayReachPrivate, timeout_s: float, redirects: int) -> requests.Session:
        return sequence.open_session(network.reaching(may_reach_private), timeout_s, redirects)

    return Outbound(open_session, sequence.RequestRefused, settings.fetch_timeout_s, int(settings.fetch_max_mb * MB))


def sequence_settings(settings: Settings) -> sequence.SequenceSettings:
    """The limits of sequences, and what they may read of the environment."""
    limits = sequence.SequenceLimits(
        response_bytes=int(settings.fetch_max_mb * MB),
        request_bytes=int(settings.fetch_max_mb * MB),
        persistence_bytes=int(settings.sequence_memory_mb * MB),
        requests=settings.sequence_requests,
        items=settings.sequence_items,
        total_s=settings.sequence_limit_s,
        request_s=settings.fetch_timeout_s,
        depth=settings.sequence_depth,
        concurrency=settings.sequence_concurrency,
        journal_bytes=int(settings.sequence_journal_mb * MB),
    )
    # Its name fits those of secrets for sequences, and yet it is the service's own.
    environ = {name: value for name, value in settings.environ.items() if name != "SECRET_KEY"}
    return sequence.SequenceSettings.from_environ(environ, entries(settings.sequence_env), limits)


def _hosts(text: str) -> tuple[str, ...]:
    """The hosts of a setting; a name stands for all below it, too."""
    return tuple(
        form for entry in entries(text) for form in (entry, *(() if set("*/:") & set(entry) else (f"*.{entry}",)))
    )


def _sender(bells: Bells, clock: Clock) -> Callable[[JobSpec], None]:
    def send(spec: JobSpec) -> None:
        # Who waits for its time is the supervisor's; the others a free worker takes at once.
        bells.ring(SUPERVISOR if spec.eta is not None and spec.eta > clock() else WORKER)

    return send


def _job_templates(walkers: WalkerTemplate, sequences: Sequences) -> JobTemplates:
    sequence_template = SequenceTemplate(sequences)
    return {SCHEDULED_WALKER: walkers, SCHEDULED_SEQUENCE: sequence_template}


def _folders(settings: Settings) -> list[Path]:
    return [Path(part).resolve() for part in settings.walkers_dir.split(":") if part]


def _own_folders(settings: Settings) -> tuple[str, ...]:
    """Where the service lies on this machine, the innermost folders first."""
    python, house = (Path(sys.prefix), Path(sys.base_prefix)), Path(__file__).parents[1]
    folders = {*_folders(settings), settings.data_path, house, *python}
    return tuple(sorted((str(folder) for folder in folders if len(folder.parts) > 1), key=len, reverse=True))
