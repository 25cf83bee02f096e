"""An installation on SQLite has no driver of another database in memory; who wants one gets it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DRIVERS = "print(sorted({'psycopg', 'redis'} & sys.modules.keys()))"


def said(tmp_path: Path, code: str, **environment: str) -> str:
    """What a process that runs this code prints."""
    return subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}"],
        cwd=ROOT, env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "data"), **environment},
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout.strip()  # fmt: skip


@pytest.mark.parametrize("program", ["app", "tasks", "walkabout.web.server", "walkabout.jobs.worker.huey_consumer"])
def test_no_process_imports_what_it_does_not_need(tmp_path: Path, program: str) -> None:
    assert said(tmp_path, f"import {program}\n{DRIVERS}") == "[]"


def test_a_walker_may_import_a_driver(tmp_path: Path) -> None:
    assert said(tmp_path, f"import walkabout.service\nimport psycopg, redis\n{DRIVERS}") == "['psycopg', 'redis']"


def test_huey_gets_the_driver_of_its_own_storage(tmp_path: Path) -> None:
    code = "import walkabout\nfrom huey.storage import Redis\nprint(Redis.__name__)"
    assert said(tmp_path, code, REDIS_URL="redis://127.0.0.1/0") == "Redis"
