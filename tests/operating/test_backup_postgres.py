"""What the commands say about PostgreSQL is what backs an installation up, and restores it."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.databases import DATABASES
from tests.support.postgres_server import program
from walkabout.commands.offline import offline_app
from walkabout.service import build
from walkabout.settings import Settings

pytestmark = pytest.mark.postgres


def test_the_commands_that_are_told_do_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path), database_url=DATABASES.settings(tmp_path)["database_url"])
    service = build(settings)
    master = service.new_master("kept@example.com", "a long password", "Kept")
    key = service.keys.key(master.uid, "echo")
    service.close()
    run(settings, "backup", tmp_path / "it's a backup")
    service = build(settings)
    service.new_master("later@example.com", "a long password", "Later")
    service.close()
    run(settings, "restore", tmp_path / "it's a backup")
    service = build(settings)
    assert service.db.values("SELECT email FROM master") == ["kept@example.com"]
    assert service.keys.owner(key, "echo") == master.uid
    service.close()
    DATABASES.drop(tmp_path)


def run(settings: Settings, command: str, file: Path) -> None:
    """Do what a command says is to be run."""
    said = offline_app(settings).test_cli_runner().invoke(args=[command, str(file)])
    assert said.exit_code == 1
    line = said.output.partition("Run: ")[2]
    folder = Path(program("pg_dump")).parent
    ran = subprocess.run(
        ["sh", "-ec", line], env={"PATH": f"{folder}:{os.environ['PATH']}", "DATABASE_URL": settings.database_url},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
