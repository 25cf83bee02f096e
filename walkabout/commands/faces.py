"""Commands that are APIs with a face for people: `jobs list`, `tasks pause`. Each is a row of FACES; options are the API's."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from flask import Flask

from walkabout import json_text
from walkabout.api.registry import Api, Param
from walkabout.commands import shown
from walkabout.commands.asking import OPTIONS, Given, Told, Whom
from walkabout.jobs.states import SUCCESS
from walkabout.walking.values import type_name

UNWELL = 1  # exit status: the API refused, or what was waited for did not go well
_NOT_DONE = "Nothing was changed: add --apply to do it."


@dataclass(frozen=True)
class Face:
    """A command `group name`. `arguments`: parameters that stand without a name, in order; `many`: one that takes all words
    that are left; `fixed`: what is given unless an option says otherwise; `left_out`: parameters that are no options.

    `columns`: of the table that the list in the answer becomes, at `rows` of it ("": the answer itself is the list).
    `ends_well`: the exit status says whether the run in the answer has ended well.
    """

    group: str
    name: str
    api: str
    doc: str
    arguments: tuple[str, ...] = ()
    many: str = ""
    fixed: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: str = ""
    ends_well: bool = False


GROUPS = {
    "jobs": "Runs in the background: find, follow, cancel and repeat them.",
    "tasks": "Periodic tasks: what is planned, how it goes, and what to do about it.",
    "queue": "What waits and what runs.",
    "walkers": "Walkers: which there are, and run one.",
    "sequences": "Sequences that are saved under a name.",
    "notices": "What people were told, and where they are told.",
    "people": "Who may use the installation.",
    "tokens": "Sign-ins and tokens of one's own.",
}
_RUN = ("id", "state", "scheduled_for", "started", "ended", "count", "reason")
_ID = {"arguments": ("id",), "left_out": ("name",)}
FACES = (
    Face("jobs", "list", "jobs_list", "The runs that fit, the newest first.", rows="data",
         columns=("id", "state", "name", "task_name", "queued", "started", "ended", "reason")),
    Face("jobs", "show", "walker_queue_check", "One run: its state, and its result or its error.", arguments=("task_id",)),
    Face("jobs", "wait", "walker_queue_wait", "Wait until a run has ended; the exit status is 0 if it ended well.",
         arguments=("task_id",), ends_well=True),
    Face("jobs", "cancel", "jobs_cancel", "Cancel runs: those of these ids, or all that fit the options.", many="ids"),
    Face("jobs", "retry", "jobs_again", "Run runs again: those of these ids, or all that fit the options.", many="ids"),
    Face("tasks", "list", "get_scheduled_queues", "The tasks by name.", fixed={"limit": "0", "asc": "true"},
         columns=("id", "name", "state", "next_run_at")),
    Face("tasks", "show", "schedule_get", "One task, by its id or its name.", **_ID),  # type: ignore[arg-type]
    Face("tasks", "runs", "schedule_runs", "The history of a task, the newest first.", **_ID, rows="data", columns=_RUN),  # type: ignore[arg-type]
    Face("tasks", "changes", "schedule_changes", "Who changed a task, and how, the newest first.", **_ID, rows="data",  # type: ignore[arg-type]
         columns=("revision", "at", "by", "change", "note")),
    Face("tasks", "why", "schedule_why", "Why a task ran or did not at a moment, like 2027-01-31T03:00.",
         arguments=("id", "at"), left_out=("name",)),
    Face("tasks", "run", "schedule_run_now", "Run a task now, whatever its state.", **_ID),  # type: ignore[arg-type]
    Face("tasks", "pause", "schedule_disable", "Let a task fire no more until it is resumed.", **_ID),  # type: ignore[arg-type]
    Face("tasks", "resume", "schedule_enable", "Let a task fire again, from now on.", **_ID),  # type: ignore[arg-type]
    Face("tasks", "delete", "delete_scheduled_queue", "Delete a task.", arguments=("scheduled_queue_id",)),
    Face("tasks", "change", "schedule_update", "Change what the options say of a task; --name is a new name.",
         arguments=("id",), left_out=("task", "kwargs")),
    Face("tasks", "add-walker", "add_scheduled_walker", "A new task that runs a walker; SCHEDULE and BODY are JSON.",
         arguments=("name", "schedule", "body")),
    Face("tasks", "add-sequence", "add_scheduled_sequence", "A new task that runs a sequence; SCHEDULE and BODY are JSON.",
         arguments=("name", "schedule", "body")),
    Face("tasks", "preview", "schedule_preview", "When a schedule fires, in words and in times; SCHEDULE is JSON.",
         arguments=("schedule",)),
    Face("tasks", "tags", "tag_list", "The tags, and how many tasks have each.", columns=("tag", "tasks")),
    Face("tasks", "export", "schedule_export", "All tasks as JSON, or with --format crontab as a crontab."),
    Face("tasks", "import", "schedule_import", "What a FILE of tasks would make and change; --apply does it.",
         arguments=("file",), rows="steps", columns=("outcome", "name", "where", "details", "remarks")),
    Face("queue", "show", "walker_queue_check", "What runs, what waits for its time, and what waits for a worker.",
         left_out=("task_id",)),
    Face("walkers", "list", "walker_list", "The walkers.", left_out=("snt", "detailed"),
         columns=("name", "public", "is_async", "doc")),
    Face("walkers", "show", "walker_get", "One walker with its fields.", arguments=("wlk",), left_out=("snt", "detailed")),
    Face("walkers", "run", "walker_run", "Run a walker; --ctx is a JSON object, --is-async makes it a job.",
         arguments=("name",), left_out=("snt",)),
    Face("sequences", "list", "saved_sequence_list", "The saved sequences by name.", rows="data",
         columns=("name", "description", "tags", "revision", "updated", "by")),
    Face("sequences", "show", "saved_sequence_get", "A saved sequence as it is now, or at --revision.", arguments=("name",)),
    Face("sequences", "versions", "saved_sequence_versions", "The versions that are kept, the latest first.",
         arguments=("name",), rows="data", columns=("revision", "updated", "by", "description")),
    Face("sequences", "run", "sequence_run", "Run a saved sequence; --is-async makes it a job.", arguments=("name",),
         left_out=("sequence",)),
    Face("sequences", "delete", "saved_sequence_delete", "Delete a saved sequence with its versions.", arguments=("name",)),
    Face("notices", "list", "notices", "What was told, the newest first.",
         columns=("id", "event", "task", "target", "state", "created", "sent", "text")),
    Face("notices", "targets", "notice_targets_get", "Where notices go.", columns=("id", "target", "for", "on")),
    Face("notices", "test", "notice_targets_test", "Send a test to a target, by its id.", arguments=("id",)),
    Face("notices", "forget", "notice_targets_delete", "Send nothing more to a target.", arguments=("id",)),
    Face("people", "list", "master_allusers", "Everybody, the newest first.", rows="data",
         columns=("id", "user", "name", "is_activated", "is_superuser", "last_login")),
    Face("people", "add", "user_create", "A new account.", arguments=("email",)),
    Face("tokens", "list", "sign_ins", "One's own sign-ins and tokens that have not ended.",
         columns=("id", "kind", "name", "address", "device", "last_use")),
    Face("tokens", "end", "sign_in_end", "End a sign-in or a token, by its id.", arguments=("id",)),
    Face("tokens", "get", "user_token", "A new token for an email and a password.", arguments=("email",)),
)  # fmt: skip
FILES = ("file",)  # parameters that a command reads from a file
HIDDEN = ("password",)  # parameters that are asked for, and typed unseen


def add_faces(app: Flask, apis: Mapping[str, Api], whom: Whom) -> None:
    """Give an application these commands. `whom`: who answers, by the options of a command."""
    for group, doc in GROUPS.items():
        commands = [_command(face, apis[face.api], whom) for face in FACES if face.group == group]
        app.cli.add_command(click.Group(group, {str(each.name): each for each in commands}, help=doc))


def _command(face: Face, api: Api, whom: Whom) -> click.Command:
    def run(as_json: bool, ask_as: str | None, ask_url: str | None, ask_token: str | None, **chosen: Any) -> None:
        told = whom(ask_as, ask_url, ask_token)(api, _given(face, chosen))
        if told.is_refusal:
            click.echo(shown.as_json(told.value) if as_json else shown.refusal(told), err=not as_json)
            sys.exit(UNWELL)
        text = shown.as_json(told.value) if as_json else _text(face, told)
        if text:
            click.echo(text)
        if not _went_well(face, told):
            sys.exit(UNWELL)

    help_text = f"{face.doc}\n\nAsks the API {api.name}: {api.doc}"
    params = [*_arguments(face), *_options(face, api), *OPTIONS, _JSON_OPTION]
    return click.Command(face.name, params=params, callback=run, help=help_text, short_help=face.doc)


_JSON_OPTION = click.Option(["--json", "as_json"], is_flag=True, help="The whole answer as JSON, for programs.")


def _arguments(face: Face) -> list[click.Parameter]:
    made: list[click.Parameter] = []
    for name in face.arguments:
        kind = (
            click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path) if name in FILES else click.STRING
        )
        label = "id" if name in ("task_id", "scheduled_queue_id") else name
        made.append(click.Argument([name], type=kind, metavar=label.upper()))
    if face.many:
        made.append(click.Argument([face.many], nargs=-1, metavar=f"[{face.many.upper()}]..."))
    return made


def _options(face: Face, api: Api) -> list[click.Parameter]:
    taken = {*face.arguments, face.many, *face.left_out}
    return [_option(name, param) for name, param in api.params.items() if name not in taken]


def _option(name: str, param: Param) -> click.Option:
    flag = f"--{name.replace('_', '-')}"
    if name in HIDDEN:
        return click.Option([flag, name], prompt=True, hide_input=True, help="Asked for when it is left out.")
    words = type_name(param.type).replace(" | None", "")
    if words.startswith("bool"):
        return click.Option([f"{flag}/--no{flag[1:]}", name], default=None)
    return click.Option([flag, name], metavar=words.upper() if words.isidentifier() else "TEXT")


def _given(face: Face, chosen: Mapping[str, Any]) -> Given:
    texts, files = dict(face.fixed), dict[str, bytes]()
    for name, value in chosen.items():
        if isinstance(value, Path):
            with click.open_file(str(value), "rb") as opened:
                files[name] = bytes(opened.read())
        elif isinstance(value, bool):
            texts[name] = json_text.write(value)
        elif value not in (None, ()):
            texts[name] = json_text.write(list(value)) if name == face.many else value
    return Given(texts, files)


def _went_well(face: Face, told: Told) -> bool:
    if not isinstance(told.value, Mapping):
        return True
    return told.value.get("success") is not False and not (face.ends_well and told.value.get("state") != SUCCESS)


def _text(face: Face, told: Told) -> str:
    value = told.value
    if face.columns:
        rows = value.get(face.rows, []) if face.rows else value
        more = value.get("next") if isinstance(value, Mapping) else None
        text = shown.table(rows, face.columns) + (f"\nMore: --after {shown.cell(more)}" if more else "")
        if face.name == "import":
            told_of = ", ".join(f"{number} {outcome}" for outcome, number in value["count"].items()) or "no task"
            text += f"\n{told_of}. {'Done.' if value['applied'] else _NOT_DONE}"
        return text
    if face.group == "queue":
        return shown.table(_queued(value), ("part", "worker", "id", "name", "time_start", "eta", "priority"))
    return shown.facts(value) if isinstance(value, Mapping) and face.name != "export" else shown.as_json(value)


def _queued(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The queue as rows; `total`, which is there when not all are shown, is none of its parts."""
    return [
        {"part": part, "worker": worker, **job}
        for part, workers in value.items()
        if part != "total"
        for worker, jobs in workers.items()
        for job in jobs
    ]
