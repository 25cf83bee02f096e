"""The web server: where it listens, and how much it serves at once."""

from dataclasses import dataclass
from typing import NamedTuple

from walkabout.setting_rules import MB, setting

# On Procfile hosting: its router gives an answer up after 30 s, and a process is killed 30 s after TERM.
HOSTED_MOST = {"wait_max_s": 25.0, "foreground_limit_s": 25.0, "grace_s": 20.0}
WAITING_SHARE = 7 / 8  # of the server's threads: those that wait must never starve the others


class JsonLimits(NamedTuple):
    """What a JSON text from outside may be: levels of nesting, values, and characters of one that is not plain JSON."""

    depth: int
    values: int
    relaxed: int


@dataclass(frozen=True)
class ServerSettings:
    """The web server: where it listens, and how much it serves at once."""

    host: str = setting("HOST", "127.0.0.1", "address the web server listens on; 0.0.0.0 when DYNO is set")
    port: int = setting("PORT", 8000, "port the web server listens on", least=1, most=65535)
    hosted: bool = setting("DYNO", False, "set by Procfile hosting: listen on all addresses, and end all in its 30 s")
    proxies: int = setting(
        "PROXIES",
        0,
        "number of proxies in front whose X-Forwarded-For and -Proto are trusted; 1 when DYNO is set",
        least=0,
    )
    hsts_days: int = setting(
        "HSTS_DAYS",
        365,
        "days for which browsers that used TLS must keep using it (HSTS); 0: no such header",
        least=0,
    )
    cors_origins: str = setting(
        "CORS_ORIGINS",
        "",
        "origins whose pages may call the APIs from a browser, like https://app.example.com, commas between; or *",
    )
    threads: int = setting(
        "THREADS", 256, "threads of the web server; at most seven eighths of them run walkers or wait", least=8
    )
    waiting_max: int = setting(
        "WAITING_MAX", 0, "requests that may wait for a task at once; 0: seven eighths of THREADS", least=0
    )
    foreground_max: int = setting(
        "FOREGROUND_MAX", 0, "walkers and sequences that may run inside requests at once; 0: half of THREADS", least=0
    )
    few_places: int = setting("FEW_PLACES", 4, "reserved places that one person may use", least=1)
    kept_share: float = setting(
        "KEPT_SHARE",
        0.125,
        "share of the places (runs inside requests, waits) reserved for people who use fewer than FEW_PLACES",
        least=0.0,
        most=0.9,
    )
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
        "BODY_MIN_RATE", 4096.0, "slowest rate of a body, bytes a second over each BODY_GRACE_S", least=1.0
    )
    body_grace_s: float = setting("BODY_GRACE_S", 10.0, "seconds over which the rate of a body is measured", least=0.1)
    bodies_max: int = setting(
        "BODIES_MAX", 1024, "bodies read at once from unknown callers, and as many from known ones", least=1
    )
    bodies_max_mb: float = setting(
        "BODIES_MAX_MB", 512.0, "all bodies in memory at once, until they are answered, MiB", least=0.1
    )
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
    wait_max_s: float = setting(
        "WAIT_MAX_S",
        300.0,
        "longest timeout of walker_queue_wait, and its default, seconds; at most 25 when DYNO is set",
        least=0.0,
    )
    foreground_limit_s: float = setting(
        "FOREGROUND_LIMIT_S", 25.0, "seconds a walker may run inside a request; at most 25 when DYNO is set", least=0.1
    )

    @property
    def url(self) -> str:
        """Where the web server is found."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

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
