"""Crontabs as people write them: each line is taken over, or its reason is true; and a task sends what its line sends."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import sequence
from tests.periodic.crontabs import CRONTABS
from tests.sequences.recorder import Recorded, Recorder
from walkabout.periodic.importing.crontab_file import CrontabFile, read_crontab, text_of
from walkabout.periodic.importing.entries import ImportEntry

PATIENCE_S = 30
CONF = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
needs_clients = pytest.mark.skipif(
    shutil.which("curl") is None or shutil.which("wget") is None, reason="curl or wget is not installed"
)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    made = Recorder(failing="broken")
    yield made
    made.close()


def entries(name: str, host: str) -> list[ImportEntry]:
    one = CRONTABS[name]
    text = text_of(one.raw).replace("HOST", host)
    return read_crontab(text, CrontabFile(has_users=one.has_users))


def when(entry: ImportEntry) -> str:
    assert entry.draft is not None
    assert isinstance(entry.draft.schedule, dict)
    conf = entry.draft.schedule["conf"]
    return f"{' '.join(conf[field] for field in CONF)} {entry.draft.timezone}"


def sent_by_task(entry: ImportEntry, recorder: Recorder) -> list[Recorded]:
    """What a run of the task sends."""
    assert entry.draft is not None
    sequence.run(dict(entry.draft.argument))
    sent = list(recorder.seen)
    recorder.seen.clear()
    return sent


def sent_by_cron(entry: ImportEntry, variables: dict[str, str], folder: Path, recorder: Recorder) -> list[Recorded]:
    """What the line sends when cron runs it, on its environment, and with what stands behind a % as its input."""
    assert entry.origin is not None
    command, _, given = entry.origin.command.replace(r"\%", "\0").partition("%")
    user, *rest = command.split(None, 1)
    line = (rest[0] if user in ("www-data", "root") else command).replace("\0", "%")
    environ = {**variables, "PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    subprocess.run(
        ["sh", "-c", line],
        env=environ,
        cwd=folder,
        input=given.encode(),
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    sent = list(recorder.seen)
    recorder.seen.clear()
    return sent


def variables_of(name: str, host: str) -> dict[str, str]:
    found = {}
    for line in text_of(CRONTABS[name].raw).replace("HOST", host).splitlines():
        variable, equals, value = line.partition("=")
        if equals and variable.strip().replace("_", "").isalnum() and not variable[0].isdigit():
            found[variable.strip()] = value.strip().strip("\"'") if value.strip()[:1] in "\"'" else value.strip()
    return found


def test_there_are_enough_of_them() -> None:
    assert len(CRONTABS) >= 18


@pytest.mark.parametrize("name", CRONTABS)
def test_each_line_is_taken_over_or_says_why_not(name: str, recorder: Recorder) -> None:
    found = entries(name, recorder.host)
    assert len(found) == len(CRONTABS[name].expected)
    for entry, expected in zip(found, CRONTABS[name].expected, strict=True):
        if entry.draft is None:
            assert any(part in entry.problems[0] for part in expected.split("|")), (expected, entry.problems)
            continue
        sent = sent_by_task(entry, recorder)
        requests = ", ".join(f"{request.method} {request.target}" for request in sent)
        assert f"{when(entry)}: {requests}" == expected


@needs_clients
@pytest.mark.parametrize("name", CRONTABS)
def test_a_task_sends_what_cron_would_send(name: str, recorder: Recorder, tmp_path: Path) -> None:
    variables = variables_of(name, recorder.host)
    for entry in entries(name, recorder.host):
        if entry.draft is not None:
            by_task = sent_by_task(entry, recorder)
            assert by_task == sent_by_cron(entry, variables, tmp_path, recorder), entry.where


@pytest.mark.parametrize("name", CRONTABS)
def test_no_password_is_in_a_name_or_in_a_reason(name: str) -> None:
    for entry in entries(name, "HOST"):
        told = [*entry.problems, *entry.remarks, *([entry.draft.name] if entry.draft else [])]
        assert not any("hunter2" in text or "s3cr3t" in text for text in told)


def test_what_is_taken_over_otherwise_is_said() -> None:
    text = (
        "TZ=Asia/Tokyo\nRANDOM_DELAY=30\n*/60 * * * * curl -o /srv/rates.xml http://a\n"
        '0 1 * * * curl http://a >> /var/log/a.log\n0 2 * * * curl -H "X: $REGION" http://a > /dev/null 2>&1\n'
    )
    first, second, third = read_crontab(text, CrontabFile())
    shared = (
        "TZ=Asia/Tokyo is for the command and moves no times: for that use CRON_TZ= or --timezone",
        "RANDOM_DELAY=30: becomes a jitter of 1800 s, the same for each run",
    )
    assert first.remarks == (
        *shared,
        "*/60 is 0",
        "the answer goes to no file (/srv/rates.xml): it is kept with each run",
    )
    assert second.remarks == (*shared, "the answer goes to no file (/var/log/a.log): it is kept with each run")
    assert third.remarks == (
        *shared,
        "$REGION is read from the environment of the worker: allow it by the setting SEQUENCE_ENV",
    )
    assert first.draft is not None
    assert first.draft.policies["jitter"] == 1800


@pytest.mark.parametrize(
    ("command", "is_told"),
    [
        ("curl http://a/50%25", True),
        (r"curl http://a/50\%25", False),
        ("curl -d 'a=%d' http://a", True),
        ("curl http://a", False),
    ],
)
def test_a_line_that_a_percent_sign_ends_says_so(command: str, is_told: bool) -> None:
    told = [
        remark
        for entry in read_crontab(f"0 3 * * * {command}\n", CrontabFile())
        for remark in (*entry.remarks, *entry.problems)
    ]
    assert any("%" in remark for remark in told) is is_told


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_a_crontab_is_read_in_whatever_encoding_it_is(encoding: str) -> None:
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    raw = f"{mark}# für\r\n0 3 * * * curl -d grün http://a\r\n".encode(encoding)
    [entry] = read_crontab(text_of(raw), CrontabFile())
    assert entry.draft is not None
    assert entry.draft.argument["requests"][0]["text"] == "grün"
