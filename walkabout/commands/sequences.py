"""Sequences from the shell: `flask --app app sequence run | check | schema`. Needs no running service."""

import json
import sys
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

import sequence
from walkabout import json_text
from walkabout.actions import saved_sequences, sequences
from walkabout.actions.saved_sequences import SequenceEdit
from walkabout.commands.sequence_files import BadFile, SequenceFile, read_document, read_sequence
from walkabout.problems import Invalid
from walkabout.sequences import progress
from walkabout.sequences.curl.call import step_of
from walkabout.sequences.curl.refused import NotACall
from walkabout.sequences.importing.draft import NotImportable
from walkabout.sequences.importing.files import read_file
from walkabout.sequences.saved import NoSuchSaved
from walkabout.service import Service

FAILED, UNFIT = 1, 2  # exit statuses: the run failed; there is nothing that could run
FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
_COLOURS = {"ok": "green", "failed": "red", "ignored": "yellow", "retried": "yellow", "skipped": "blue"}


def group(service: Service) -> AppGroup:
    """The commands, for a service."""
    commands = AppGroup("sequence", help="Sequences: chains of requests in a file.")
    for command in (_run, _check, _schema, _from_curl, _import, _curl, _save, _saved, _show):
        commands.add_command(command(service))
    return commands


def _run(service: Service) -> click.Command:
    @click.command("run")
    @FILE
    @click.option(
        "--var", "variables", metavar="KEY=VALUE", multiple=True, help="Set a key of the persistence before the run."
    )
    @click.option("--json", "as_json", is_flag=True, help="Print success, result, steps and error as JSON.")
    @click.option("--mock", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Answers by path.")
    def run(file: Path, variables: tuple[str, ...], as_json: bool, mock: Path | None) -> None:
        """Run the sequence in FILE here and now, or against the answers in a file; none of its changes are saved.

        A block may be the name of a file, relative to the one that it stands in. JAC steps run in the first admin's name.
        The exit status is 0 when it went well, 1 when it failed, 2 when FILE
        holds nothing that can run.
        """
        document = _read_sequence(file)
        _set_variables(document.value, variables)
        _refuse(_problems(service, document))
        mocks = None if mock is None else _mocks(mock)
        if as_json:
            ran = sequences.run_watched(service, service.masters.first_superuser(), document.value, None, mocks)
            click.echo(progress.text_of(_as_json(ran)))
        else:
            ran = _run_watched(service, document.value, mocks)
        sys.exit(0 if ran.ok else FAILED)

    return run


def _check(service: Service) -> click.Command:
    @click.command("check")
    @FILE
    def check(file: Path) -> None:
        """Print what is wrong with the sequence in FILE, as file:line:column: path: what is wrong. Sends nothing.

        What works and is hardly meant goes to standard error."""
        document = _read_sequence(file)
        advice = [document.line(warning) for warning in service.sequences.advise(document.value)]
        for warning in [*document.warnings(), *advice]:
            click.echo(warning, err=True)
        problems = _problems(service, document)
        for problem in problems:
            click.echo(problem)
        sys.exit(FAILED if problems else 0)

    return check


def _schema(_service: Service) -> click.Command:
    @click.command("schema")
    def schema() -> None:
        """Print the JSON Schema of sequences, from which editors complete them."""
        click.echo(json.dumps(sequence.schema(), indent=2))

    return schema


def _from_curl(_service: Service) -> click.Command:
    @click.command("from-curl")
    @FILE
    def from_curl(file: Path) -> None:
        """Print the curl command in FILE (- for what is typed) as a sequence of one step that sends the same.

        What to know about it goes to standard error. The exit status is 2 when it can't be a step.
        """
        with click.open_file(str(file), encoding="utf-8") as opened:
            text = opened.read()
        try:
            found = step_of(text)
        except NotACall as error:
            click.echo(f"{file}: {error}", err=True)
            sys.exit(UNFIT)
        for hint in found.hints:
            click.echo(hint, err=True)
        click.echo(json_text.pretty({"requests": [found.step]}))

    return from_curl


def _import(service: Service) -> click.Command:
    @click.command("import")
    @FILE
    @click.option(
        "--environment", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A Postman environment."
    )
    def import_(file: Path, environment: Path | None) -> None:
        """Print the sequence of FILE: a Postman collection (v2.1), a Hurl file, an HTTP archive (.har) or curl lines.

        What is not taken over goes to standard error with its place, and so do the variables to set. The exit status is 2
        when FILE is none of these.
        """
        given = environment.read_text("utf-8") if environment else None
        try:
            with click.open_file(str(file), encoding="utf-8") as opened:
                found = read_file(opened.read(), given)
        except (NotImportable, UnicodeDecodeError) as error:
            click.echo(f"{file}: {error}", err=True)
            sys.exit(UNFIT)
        for problem in [*found.left_out, *service.sequences.check(found.sequence)]:
            click.echo(f"{file}: {problem}", err=True)
        for name in found.secrets:
            click.echo(f"set {name}: its live value is not taken over", err=True)
        click.echo(json_text.pretty(found.sequence))

    return import_


def _curl(service: Service) -> click.Command:
    @click.command("curl")
    @FILE
    @click.option("--mock", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Answers by path.")
    def curl(file: Path, mock: Path | None) -> None:
        """Print the requests of the sequence in FILE as curl commands, as a dry run makes them. Nothing is sent.

        Secrets are masked. Values of earlier answers are those of the answers by path.
        """
        document = _read_sequence(file)
        _refuse(_problems(service, document))
        ran = sequences.run_watched(service, None, document.value, None, _mocks(mock) if mock else {})
        for record in ran.steps:
            if record.curl:
                click.echo(f"# {record.path} {record.name}".rstrip())
                click.echo(record.curl)
        if ran.error is not None:
            click.echo(f"the dry run ends at {ran.error}", err=True)
            sys.exit(FAILED)

    return curl


def _save(service: Service) -> click.Command:
    @click.command("save")
    @click.argument("name")
    @FILE
    @click.option("--description", help="What it is for; without it the one that is there stays.")
    @click.option("--tag", "tags", multiple=True, help="A tag; several times for several, which replace those there.")
    def save(name: str, file: Path, description: str | None, tags: tuple[str, ...]) -> None:
        """Save the sequence in FILE under NAME, as a new version."""
        document = _read_sequence(file)
        edit = SequenceEdit(document.value, description, tags or None)
        try:
            saved = saved_sequences.save(service, None, name, edit)
        except Invalid as error:
            beneath = [problem.beneath("sequence") or problem for problem in error.problems]
            _refuse([document.line(problem) for problem in beneath])
            raise
        click.echo(f"{name} is saved, version {saved.revision}.")

    return save


def _saved(service: Service) -> click.Command:
    @click.command("saved")
    @click.argument("search", default="")
    def saved(search: str) -> None:
        """List the saved sequences whose name, description or tags have SEARCH in them."""
        for one in saved_sequences.page(service, None, search, 0, 0)[1]:
            tags = " ".join(f"#{tag}" for tag in one.tag_list)
            click.echo(f"{one.name:<24} {one.revision:>4}  {' '.join(filter(None, (one.description, tags)))}".rstrip())

    return saved


def _show(service: Service) -> click.Command:
    @click.command("show")
    @click.argument("name")
    @click.option("--revision", type=int, help="One of its earlier versions.")
    def show(name: str, revision: int | None) -> None:
        """Print the sequence that is saved under NAME."""
        try:
            click.echo(json_text.pretty(saved_sequences.find(service, None, name, revision).argument))
        except NoSuchSaved as error:
            raise click.ClickException(str(error)) from None

    return show


def _read_sequence(file: Path) -> SequenceFile:
    try:
        return read_sequence(file)
    except BadFile as error:
        click.echo(str(error))
        sys.exit(UNFIT)


def _read(file: Path) -> sequence.Document:
    try:
        return read_document(file)
    except BadFile as error:
        click.echo(str(error))
        sys.exit(UNFIT)


def _set_variables(argument: Any, variables: tuple[str, ...]) -> None:
    for variable in variables:
        key, is_there, text = variable.partition("=")
        if not key or not is_there:
            raise click.BadParameter(f"{variable!r}; give KEY=VALUE", param_hint="--var")
        if isinstance(argument, dict) and isinstance(argument.setdefault("persistence", {}), dict):
            argument["persistence"][key] = _value(text)


def _value(text: str) -> Any:
    """JSON where it is JSON; a number only where it would be written just so: 1.10 may be a version, 1e5 a name."""
    try:
        value = sequence.read(text).value
    except sequence.BadText:
        return text
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return text if is_number and json.dumps(value) != text else value


def _mocks(file: Path) -> dict[str, Any]:
    value = _read(file).value
    if not isinstance(value, dict):
        _refuse([f"{file}:1:1: an object of answers by path is expected"])
    problems = sequence.check_mocks(value)
    _refuse([f"{file}:1:1: {problem}" for problem in problems])
    return dict(value)


def _problems(service: Service, document: SequenceFile) -> list[str]:
    return [document.line(problem) for problem in service.sequences.check(document.value)]


def _refuse(problems: list[str]) -> None:
    if problems:
        click.echo("\n".join(problems))
        sys.exit(UNFIT)


def _as_json(ran: sequence.SequenceRun) -> dict[str, Any]:
    errors = [{"path": error.path, "message": error.message} for error in ran.errors]
    steps = [record.as_dict() for record in ran.steps]
    return {
        "success": ran.ok,
        "result": ran.for_owner(),
        "steps": steps,
        "error": errors[0] if errors else None,
        "errors": errors,
    }


def _run_watched(service: Service, argument: Any, mocks: dict[str, Any] | None) -> sequence.SequenceRun:
    console = Console(highlight=False, soft_wrap=True)
    columns = (
        SpinnerColumn(),
        BarColumn(),
        TextColumn("{task.completed} steps {task.description}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=None)

        def on_step(record: sequence.Record) -> None:
            progress.update(bar, advance=1, description=record.path)
            console.print(_line_of_step(record), style=_COLOURS.get(record.state, "magenta"), markup=False)

        ran = sequences.run_watched(service, service.masters.first_superuser(), argument, on_step, mocks)
    console.print(json.dumps(ran.for_people(), indent=2, ensure_ascii=False), markup=False)
    for error in ran.errors:
        console.print(f"failed at {error}", style="bold red", markup=False)
    return ran


def _line_of_step(record: sequence.Record) -> str:
    status = "" if record.status is None else f" {record.status}"
    name = f" {record.name}" if record.name else ""
    error = f": {record.error}" if record.error else ""
    return f"{record.path:<16} {record.state:<9}{status:>4} {record.ms:>7.0f} ms  {record.method} {record.url}{name}{error}"
