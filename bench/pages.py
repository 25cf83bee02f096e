"""The admin page among 10,000 tasks and 100,000 runs: what the server takes for a page, and how large it is."""

import random
import statistics
import tempfile
import time

from flask.testing import FlaskClient

from bench.schedules import fill
from tests.support.visitor import Visitor, signed_in
from walkabout.database.connections import Database
from walkabout.jids import new_uid
from walkabout.service import build
from walkabout.settings import Settings
from walkabout.web.application import create_app

TASKS, RUNS, ROUNDS = 10_000, 100_000, 15
STATES = ("SUCCESS",) * 18 + ("FAILURE", "REVOKED")
MIXED = (  # schedules as people have them: most once a day or rarer, some every few minutes
    *('{"type":"crontab","conf":{"minute":"%d","hour":"%d"},"one_off":false,"start_time":null,"expires":null}',) * 8,
    '{"type":"interval","conf":{"every":15,"period":"minutes"},"one_off":false,"start_time":null,"expires":null}',
    '{"type":"crontab","conf":{"minute":"%d"},"one_off":false,"start_time":null,"expires":null}',
)


def main() -> None:
    """For each page: milliseconds in the server (the median of 15), of its live part that has not changed, and the bytes
    that are sent (compressed)."""
    with tempfile.TemporaryDirectory() as folder:
        service = build(Settings(data_dir=folder, walkers_dir="walkers"))
        ana = service.new_master("ana@example.com", "correct-horse", "Ana", superuser=True)
        bob = service.new_master("bob@example.com", "correct-horse", "Bob")
        fill(service.db, ana.uid, TASKS // 2)
        fill(service.db, bob.uid, TASKS // 2, "other")
        _mix(service.db)
        run = _runs(service.db)
        app = create_app(service)
        admin, other = signed_in(app, service, ana), signed_in(app, service, bob)
        task = service.db.rows("SELECT schedule FROM job WHERE uid = ?", (run,))[0][0]
        paths = [
            *(f"/?sort={sort}" for sort in ("newest", "name", "next", "last")),
            *("/?search=filler+77", "/runs", "/runs?state=failed", "/queue", "/calendar"),
            *(f"/tasks/{task}", f"/tasks/{task}/edit", f"/tasks/{task}/changes", f"/runs/{run}"),
        ]
        print(
            f"among {TASKS:,} tasks and {RUNS:,} runs, an admin's page; behind it that of somebody who has half of them"
        )
        for path in paths:
            (whole, sent), unchanged, (others, _) = (
                _measured(admin, path),
                _unchanged(admin, path),
                _measured(other, path),
            )
            print(f"{path.replace(run, 'RUN'):24} {whole:6.1f} ms {unchanged:>10} {sent:7,} bytes {others:9.1f} ms")
        for sort in ("newest", "name", "next", "last"):
            print(f"/?sort={sort}, page after page: {_paged(admin, sort):.1f} ms a page over 40 pages")
        service.close()


def _measured(visitor: Visitor, path: str) -> tuple[float, int]:
    taken, size = [], 0
    for _ in range(ROUNDS):
        start = time.perf_counter()
        size = len(visitor.get(path, **{"Accept-Encoding": "gzip"}).data)
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken), size


def _unchanged(visitor: Visitor, path: str) -> str:
    """Milliseconds for a live part that has not changed, with a unit; empty when the page has none."""
    tag = visitor.get(path, Live="part").headers.get("ETag")
    if tag is None:
        return ""
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        status = visitor.get(path, Live="part", **{"If-None-Match": tag}).status_code
        taken.append((time.perf_counter() - start) * 1000)
        if status != 304:
            return f"({status})"
    return f"{statistics.median(taken):.2f} ms"


def _paged(visitor: Visitor, sort: str) -> float:
    client: FlaskClient = visitor.client
    url, start = f"/admin/?sort={sort}", time.perf_counter()
    for _ in range(40):
        text = client.get(url).text
        url = text.partition('" rel="next"')[0].rpartition('href="')[2].replace("&amp;", "&")
    return (time.perf_counter() - start) * 1000 / 40


def _mix(db: Database) -> None:
    """Give the tasks schedules of several kinds, due within a day or a month; a tenth is paused."""
    now = time.time()
    rows = []
    for (id,) in db.rows("SELECT id FROM schedule"):
        text = MIXED[id % len(MIXED)]
        hour, minute = random.randrange(24), random.randrange(60)
        text = text % {2: (minute, hour), 1: (minute,), 0: ()}[text.count("%d")]
        due = now + random.random() * (86_400 if id % 2 else 30 * 86_400)
        active = id % 10 > 0
        ran = now - random.random() * 86_400 if id % 3 else None
        rows.append(
            (text, due if active else None, due if active else None, "active" if active else "disabled", ran, id)
        )
    with db.transaction():
        db.change_many(
            "UPDATE schedule SET schedule = ?, next_run_at = ?, fire_at = ?, state = ?, last_run_at = ? WHERE id = ?",
            rows,
        )


def _runs(db: Database) -> str:
    """Fill the ledger; the uid of one run."""
    now = time.time()
    owners = dict(db.rows("SELECT id, owner FROM schedule"))
    ids = list(owners)
    rows = []
    for number in range(RUNS):
        id = random.choice(ids)
        at = now - 7 * 86_400 * (1 - number / RUNS)
        rows.append(
            (
                new_uid(),
                "walker",
                "echo",
                owners[id],
                "{}",
                random.choice(STATES),
                at,
                at,
                at + random.random() * 9,
                id,
                at,
                at,
            )
        )
    with db.transaction():
        db.change_many(
            "INSERT INTO job (uid, kind, name, owner, argument, state, queued_at, started_at, ended_at, schedule,"
            " scheduled_for, fire_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
    return str(rows[-1][0])
