"""Every setting of the service: one table for the code, the checks and the docs.

The environment is read here and nowhere else.
"""

import os
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple, cast

from walkabout.setting_rules import SettingRule, read_setting, setting

MB = 1024 * 1024
SQLITE = "sqlite:///"
PULSE_EVERY_S = 2.0  # how often a consumer says that it is alive
ADMINS, EVERYONE, NOBODY = "admins", "everyone", "nobody"
WAITING_SHARE = 7 / 8  # of the server's threads: those that wait must never starve the others


class SettingsError(ValueError):
    """One or more variables of the environment can't be used; the text names each and says what would be right."""


class JsonLimits(NamedTuple):
    """What a JSON text from outside may be: levels of nesting, values, and characters of one that is not plain JSON."""

    depth: int
    values: int
    relaxed: int


@dataclass(frozen=True)
class Settings:
    """All settings with their working defaults; frozen, handed to `service.build`."""

    host: str = setting("HOST", "127.0.0.1", "address the web server listens on; 0.0.0.0 when DYNO is set")
    port: int = setting("PORT", 8000, "port the web server listens on", least=1, most=65535)
    data_dir: str = setting("DATA_DIR", "data", "folder of the database and the secret key")
    database_url: str = setting("DATABASE_URL", "", "empty: SQLite in DATA_DIR; or sqlite:///PATH")
    redis_url: str = setting("REDIS_URL", "", "empty: the ledger is the queue")
    admin_email: str = setting("ADMIN_EMAIL", "admin@localhost", "the first admin, made when there is none")
    admin_password: str = setting("ADMIN_PASSWORD", "", "the first admin's password; empty: a random one, shown once")
    signup: str = setting("SIGNUP", "closed", "who may make users: only admins, or anybody", choices=("closed", "open"))
    secret_key: str = setting("SECRET_KEY", "", "key that public keys derive from; empty: made once, kept in DATA_DIR")
    token_days: float = setting("TOKEN_DAYS", 30.0, "days until a token expires", least=0.0)

    session_days: float = setting("SESSION_DAYS", 14.0, "days a sign-in on the admin page lasts", least=0.0)
    session_idle_hours: float = setting(
        "SESSION_IDLE_HOURS", 24.0, "hours without use after which a sign-in on the admin page ends", least=0.01
    )
    sign_in_window_s: float = setting(
        "SIGN_IN_WINDOW_S",
        900.0,
        "seconds for which a failed sign-in counts; the longest wait of an account",
        least=1.0,
    )
    sign_in_tries: int = setting(
        "SIGN_IN_TRIES",
        10,
        "failed sign-ins of one account until it has to wait; devices that are known count apart",
        least=1,
    )
    sign_in_tries_address: int = setting(
        "SIGN_IN_TRIES_ADDRESS", 50, "failed sign-ins from one address (IPv6: /64) until it has to wait", least=1
    )
    device_days: float = setting(
        "DEVICE_DAYS", 90.0, "days a device is known from which somebody has signed in", least=0.0
    )
    sign_ups: int = setting("SIGN_UPS", 100, "accounts that strangers may make in an hour, with SIGNUP=open", least=1)
    sign_ups_address: int = setting("SIGN_UPS_ADDRESS", 10, "the same, from one address (IPv6: /64)", least=1)
    password_most: int = setting("PASSWORD_MOST", 1024, "longest new password, characters", least=64, most=100_000)
    hashes_at_once: int = setting(
        "HASHES_AT_ONCE", 0, "passwords hashed at the same time, 32 MiB each; 0: one a core, 2 to 4", least=0
    )
    hash_wait_s: float = setting(
        "HASH_WAIT_S", 5.0, "seconds a password may wait to be hashed; who would wait longer gets 503", least=0.0
    )
    audit_days: float = setting(
        "AUDIT_DAYS", 90.0, "days that sign-ins, and what happened to people and rights, are kept", least=0.0
    )
    proxies: int = setting(
        "PROXIES", 0, "proxies in front whose X-Forwarded-For and -Proto are believed; 1 when DYNO is set", least=0
    )
    hsts_days: int = setting(
        "HSTS_DAYS",
        365,
        "days for which browsers that came over TLS come back over TLS only; 0: they are not told",
        least=0,
    )
    page_rows: int = setting("PAGE_ROWS", 50, "rows of a list on the admin page", least=2, most=100)
    tree_items: int = setting("TREE_ITEMS", 400, "values that a run's page shows of its JSON", least=1)
    tree_chars: int = setting("TREE_CHARS", 16_000, "characters that a run's page shows of its JSON", least=100)
    graph_nodes: int = setting("GRAPH_NODES", 300, "nodes in the picture of a graph", least=1)

    workers: int = setting("WORKERS", 2, "worker processes; 0: no consumer, nothing runs in the background", least=0)
    walkers_dir: str = setting("WALKERS_DIR", "walkers", "folders of walker files, several with a colon between")
    reload_walkers: bool = setting("RELOAD_WALKERS", True, "load walker files again when they change")
    threads: int = setting(
        "THREADS", 256, "threads of the web server; at most seven eighths of them run walkers or wait", least=8
    )
    waiting_max: int = setting(
        "WAITING_MAX", 0, "requests that may wait for a task at once; 0: seven eighths of THREADS", least=0
    )
    max_waiting: int = setting("MAX_WAITING", 100_000, "jobs that one person may have waiting", least=1)
    queue_shown: int = setting(
        "QUEUE_SHOWN", 1000, "tasks that walker_queue_check lists of each part of the queue", least=1
    )
    foreground_max: int = setting(
        "FOREGROUND_MAX", 0, "walkers and sequences that may run inside requests at once; 0: half of THREADS", least=0
    )
    kept_share: float = setting(
        "KEPT_SHARE",
        0.125,
        "share of the places (runs inside requests, waits) kept for people who hold fewer than FEW_PLACES",
        least=0.0,
        most=0.9,
    )
    few_places: int = setting("FEW_PLACES", 4, "places that somebody may hold of those that are kept", least=1)
    connections_max: int = setting(
        "CONNECTIONS_MAX", 4096, "connections that are served at once; others wait until one has ended", least=16
    )
    head_deadline_s: float = setting(
        "HEAD_DEADLINE_S",
        30.0,
        "seconds a connection may take for the head of a request, and stay open without one",
        least=0.1,
        most=60.0,
    )
    body_deadline_s: float = setting("BODY_DEADLINE_S", 300.0, "seconds the body of a request may take", least=0.1)
    body_min_rate: float = setting(
        "BODY_MIN_RATE", 4096.0, "bytes a second that a body brings at least, over each BODY_GRACE_S", least=1.0
    )
    body_grace_s: float = setting("BODY_GRACE_S", 10.0, "seconds over which the rate of a body counts", least=0.1)
    bodies_max: int = setting(
        "BODIES_MAX", 1024, "bodies that are read at once of strangers, and as many of callers who are known", least=1
    )
    bodies_max_mb: float = setting(
        "BODIES_MAX_MB", 512.0, "bodies that are held at once in all, until they are answered, MiB", least=0.1
    )
    wait_max_s: float = setting("WAIT_MAX_S", 300.0, "longest timeout of walker_queue_wait, seconds", least=0.0)

    foreground_limit_s: float = setting(
        "FOREGROUND_LIMIT_S", 25.0, "seconds a walker may run inside a request", least=0.1
    )
    job_limit_s: float = setting("JOB_LIMIT_S", 3600.0, "seconds a job may run, unless its walker says", least=0.1)
    grace_s: float = setting(
        "GRACE_S", 3.0, "seconds running jobs may go on when the worker is told to stop", least=0.0
    )
    lease_s: float = setting(
        "LEASE_S", 15.0, "seconds without a sign of life after which another consumer takes a job over", least=1.0
    )
    pulse_max_s: float = setting(
        "PULSE_MAX_S",
        10.0,
        f"age in seconds at which a worker's pulse, which comes every {PULSE_EVERY_S:g} s, counts as dead; two pulses or more",
        least=2 * PULSE_EVERY_S,
    )
    worker_jobs: int = setting(
        "WORKER_JOBS", 0, "jobs after which a fresh worker process takes a worker's place; 0: never", least=0
    )
    max_takeovers: int = setting("MAX_TAKEOVERS", 2, "times a job may lose its worker before it is a FAILURE", least=0)
    conflict_tries: int = setting(
        "CONFLICT_TRIES", 25, "runs of a walker in all when others changed the same object", least=1
    )
    result_days: float = setting("RESULT_DAYS", 7.0, "days that ended and deleted tasks are kept", least=0.0)
    task_versions: int = setting("TASK_VERSIONS", 50, "latest changes of a scheduled task that are kept", least=1)
    step_limit: int = setting("STEP_LIMIT", 1_000_000, "nodes a walker may visit in one run", least=1)
    depth_limit: int = setting("DEPTH_LIMIT", 20, "how deep walkers may start walkers", least=1)
    walk_nodes_max: int = setting(
        "WALK_NODES_MAX", 100_000, "nodes, and as many edges, that a run of a walker may hold in memory", least=1
    )
    walk_mb: float = setting("WALK_MB", 128.0, "contexts that a run of a walker may hold in memory, MiB", least=0.001)
    run_nodes_max: int = setting(
        "RUN_NODES_MAX", 200_000, "nodes, and as many edges, that a run of a walker may make", least=1
    )
    context_mb: float = setting("CONTEXT_MB", 4.0, "largest context of a node or an edge as JSON, MiB", least=0.00001)
    graph_mb: float = setting(
        "GRAPH_MB", 512.0, "what a person may hold in the graph, MiB; an object counts 300 bytes more", least=0.001
    )
    object_nodes_max: int = setting(
        "OBJECT_NODES_MAX", 10_000, "nodes, and as many edges, in one answer of object_get and graph_get", least=1
    )
    object_mb: float = setting("OBJECT_MB", 32.0, "contexts in such an answer together, MiB", least=0.001)
    aliases_max: int = setting("ALIASES_MAX", 1000, "aliases of a person", least=0)
    alias_chars: int = setting("ALIAS_CHARS", 1000, "longest name of an alias, and longest value, characters", least=1)

    max_body_mb: float = setting("MAX_BODY_MB", 16.0, "largest JSON or form body, MiB", least=0.001)
    max_upload_mb: float = setting("MAX_UPLOAD_MB", 64.0, "largest multipart body, MiB", least=0.001)
    max_parts: int = setting("MAX_PARTS", 10_000, "most fields and files of a multipart or form body", least=1)
    max_json_depth: int = setting("MAX_JSON_DEPTH", 100, "deepest nesting of a JSON value", least=1, most=500)
    max_json_values: int = setting(
        "MAX_JSON_VALUES", 1_000_000, "most values of a JSON body or text: texts, numbers, lists, objects", least=100
    )
    max_relaxed_kb: float = setting(
        "MAX_RELAXED_KB",
        512.0,
        "largest JSON text with comments, trailing commas or a bare ..., KiB; plain JSON may be as large as its body",
        least=1.0,
    )

    fetch_timeout_s: float = setting("FETCH_TIMEOUT_S", 30.0, "seconds an outgoing request may take in all", least=0.1)
    fetch_max_mb: float = setting("FETCH_MAX_MB", 16.0, "largest response body that is read, MiB", least=0.001)
    private_hosts: str = setting(
        "PRIVATE_HOSTS",
        ADMINS,
        "whose requests may reach loopback and private networks: admins, everyone (or true), nobody (or false)",
        choices=(ADMINS, EVERYONE, NOBODY),
        aliases=dict.fromkeys(("true", "1", "yes"), EVERYONE) | dict.fromkeys(("false", "0", "no"), NOBODY),
    )
    allow_hosts: str = setting(
        "ALLOW_HOSTS",
        "",
        "if given, only these hosts or networks may be called, commas between; metadata services only if named here",
    )
    refuse_hosts: str = setting("REFUSE_HOSTS", "", "hosts or networks that may not be called, commas between")

    sequence_limit_s: float = setting(
        "SEQUENCE_LIMIT_S", 3600.0, "seconds a sequence may run as a job, from its first start", least=0.1
    )
    sequence_requests: int = setting("SEQUENCE_REQUESTS", 10_000, "requests of a sequence, each try counted", least=1)
    sequence_items: int = setting("SEQUENCE_ITEMS", 100_000, "loop items of a sequence, all loops together", least=1)
    sequence_memory_mb: float = setting(
        "SEQUENCE_MEMORY_MB", 16.0, "largest persistence of a sequence as JSON, MiB", least=0.001
    )
    sequence_journal_mb: float = setting(
        "SEQUENCE_JOURNAL_MB",
        64.0,
        "largest journal of a sequence, MiB; past it the run can't be taken up",
        least=0.001,
    )
    sequence_depth: int = setting(
        "SEQUENCE_DEPTH", 100, "levels that a sequence's data may be nested", least=1, most=500
    )
    sequence_concurrency: int = setting(
        "SEQUENCE_CONCURRENCY", 32, "items of one loop at a time, whatever the loop says", least=1, most=64
    )
    sequence_env: str = setting("SEQUENCE_ENV", "", "variables that {{env.NAME}} may read, commas between")

    start_check_s: float = setting(
        "START_CHECK_S",
        3.0,
        "seconds for which a start looks for damage in the database's file; 0: not at all",
        least=0.0,
    )
    wal_max_mb: float = setting(
        "WAL_MAX_MB",
        16.0,
        "size of the database's log beside its file, MiB, above which it is emptied when nothing runs",
        least=0.1,
    )
    log_level: str = setting("LOG_LEVEL", "info", "what is logged", choices=("debug", "info", "warning", "error"))
    hosted: bool = setting("DYNO", False, "set by Procfile hosting: listen on all addresses")
    parent: int = setting(
        "WALKABOUT_PARENT", 0, "set by who starts a process: its id; the process ends with it", least=0
    )
    tells: bool = setting(
        "WALKABOUT_TELLS", False, "set by make run: web and worker say on their output that they serve"
    )
    stop: int = setting(
        "WALKABOUT_STOP", 0, "set by the Procfile's commands: what tells the web server to stop", least=0
    )
    process: str = setting(
        "WALKABOUT_PROCESS", "", "set by the Procfile's commands", choices=("", "web", "worker", "release")
    )

    # No setting of its own: proxies, the CA bundle, and the variables that a sequence may read.
    environ: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """The settings of this process.

        `environ`: the variables (default: the process's own). Raises SettingsError with a line for each
        variable that can't be used.
        """
        source = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        problems: list[str] = []
        for entry, rule in _rules():
            text = source.get(rule.env, "").strip()
            if text:
                try:
                    values[entry.name] = read_setting(text, rule, entry.default)
                except ValueError as error:
                    problems.append(f'{rule.env}="{text}": {error}; {rule.doc}; default {entry.default!r}')
        threads = values.get("threads", cls.threads)
        for name in ("waiting_max", "foreground_max"):
            if (most := values.get(name, 0)) > threads * WAITING_SHARE:
                problems.append(
                    f'{name.upper()}="{most}": at most seven eighths of THREADS ({threads}), the others must be served'
                )
        url = values.get("database_url", "")
        if url and not url.startswith(SQLITE):
            problems.append(
                f'DATABASE_URL="{url.partition(":")[0]}:...": this version knows SQLite only; {SQLITE}PATH, or nothing'
            )
        elif set("?#") & set(url):
            problems.append("DATABASE_URL: a path has %3F in place of ?, %23 in place of #, %25 in place of %")
        if problems:
            raise SettingsError("\n".join(problems))
        if values.get("hosted") and not source.get("HOST", "").strip():
            values["host"] = "0.0.0.0"
        if values.get("hosted") and not source.get("PROXIES", "").strip():
            values["proxies"] = 1
        return cls(**values, environ=dict(source))

    @property
    def waiting_most(self) -> int:
        """Requests that may wait for a task at once."""
        return self.waiting_max or self.held_most

    @property
    def foreground_most(self) -> int:
        """Walkers and sequences that may run inside requests at once."""
        return self.foreground_max or self.threads // 2

    @property
    def held_most(self) -> int:
        """Requests that may wait or run at once, together."""
        return int(self.threads * WAITING_SHARE)

    @property
    def url(self) -> str:
        """Where the web server is found."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def result_s(self) -> float:
        """Seconds that ended and deleted tasks are kept."""
        return self.result_days * 86_400

    @property
    def wal_bytes(self) -> int:
        """Size of the database's log above which it is emptied, bytes."""
        return int(self.wal_max_mb * MB)

    @property
    def hashes_most(self) -> int:
        """Passwords that are hashed at the same time."""
        return self.hashes_at_once or min(4, max(2, len(os.sched_getaffinity(0))))

    @property
    def data_path(self) -> Path:
        """DATA_DIR as an absolute path."""
        return Path(self.data_dir).resolve()

    @property
    def json_limits(self) -> JsonLimits:
        """What a JSON text from outside may be."""
        return JsonLimits(self.max_json_depth, self.max_json_values, int(self.max_relaxed_kb * 1024))

    @property
    def body_bytes(self) -> int:
        """Largest JSON or form body, bytes."""
        return int(self.max_body_mb * MB)

    @property
    def bodies_bytes(self) -> int:
        """What bodies may hold at once in all, bytes."""
        return int(self.bodies_max_mb * MB)

    @property
    def upload_bytes(self) -> int:
        """Largest multipart body, bytes."""
        return int(self.max_upload_mb * MB)


def _rules() -> list[tuple[Field[Any], SettingRule]]:
    return [
        (entry, cast(SettingRule, entry.metadata["rule"])) for entry in fields(Settings) if "rule" in entry.metadata
    ]


def entries(text: str) -> tuple[str, ...]:
    """The entries of a setting that has commas between them."""
    return tuple(entry.strip() for entry in text.split(",") if entry.strip())


def table() -> str:
    """Every setting as a table in Markdown: variable, default, meaning. The README shows it."""
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for entry, rule in _rules():
        default = f"`{entry.default}`" if entry.default not in ("", False) else ""
        lines.append(f"| `{rule.env}` | {default} | {rule.doc} |")
    return "\n".join(lines)
