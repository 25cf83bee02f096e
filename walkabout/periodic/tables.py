"""The tables of periodic tasks. Times are UTC seconds; an `owner` column holds a master's uid."""

from peewee import SQL, AutoField, BooleanField, Field, FloatField, IntegerField, TextField

from walkabout.database.models import Table
from walkabout.periodic.policies import POLICIES
from walkabout.periodic.rules.fields import FieldSpec


class ScheduleTable(Table):
    """The periodic tasks: a column for each field of PeriodicTask, and one for each policy (added below)."""

    id = AutoField()
    name = TextField()
    """Unique for each owner, by an index."""
    task = TextField()
    argument = TextField()
    schedule = TextField()
    timezone = TextField()
    owner = TextField()
    """No foreign key: a task whose owner was deleted stays, disabled, and says why."""
    state = TextField()
    note = TextField()
    one_off = BooleanField()
    start_at = FloatField(null=True)
    expires_at = FloatField(null=True)
    anchor = FloatField()
    share = FloatField()
    next_run_at = FloatField(null=True)
    fire_at = FloatField(null=True)
    last_run_at = FloatField(null=True)
    total_run_count = IntegerField()
    revision = IntegerField()
    created_at = FloatField()
    updated_at = FloatField()
    computed_at = FloatField(null=True, column_name="reckoned_at")
    """None: the due time was computed before this was stored."""
    health = IntegerField(default=1)
    """One of the numbers in health.py."""
    health_since = FloatField(null=True)
    failures = IntegerField(default=0)
    """In a row, up to now."""
    health_note = TextField(default="")
    folded = TextField(default="")
    """Name, description and tags, as they are searched."""
    uses = TextField(default="")
    """The names of the saved sequences that its sequence names, with a blank between them."""
    repaired_at = FloatField(null=True, column_name="anew_at")
    repaired_from = FloatField(null=True, column_name="anew_from")
    repaired_until = FloatField(null=True, column_name="anew_until")
    description: Field
    tags: Field
    """A policy like those below, named here since queries search in it."""


class UndoTable(Table):
    """What an action on many tasks can take back. `master`: the uid of who did it; `content`: JSON, see undo.py."""

    uid = TextField(primary_key=True)
    master = TextField()
    at = FloatField()
    content = TextField()


class ScheduleVersionTable(Table):
    """What a task was after each change; `by`: the uid of who changed it, None for the service or the command line."""

    id = AutoField()
    schedule = IntegerField()
    revision = IntegerField()
    at = FloatField()
    by = TextField(null=True)
    change = TextField()
    note = TextField()
    content = TextField()
    """JSON."""


class CrontabLineTable(Table):
    """The lines of crontabs that were imported: which task is whose, and what the line made of it (`content`, JSON)."""

    schedule = IntegerField(primary_key=True)
    """No foreign key: a deleted task may be restored."""
    source = TextField()
    path = TextField()
    number = IntegerField()
    times = TextField()
    command = TextField()
    content = TextField()


def _column(policy: FieldSpec) -> Field:
    """The column of a policy; that of a duration is called after its unit, too: `jitter_s`."""
    kinds: dict[str, type[Field]] = {"integer": IntegerField, "number": FloatField}
    name = f"{policy.name}_{policy.unit}" if policy.unit else policy.name
    return kinds.get(policy.form, TextField)(null=policy.nullable, column_name=name)


for _policy in POLICIES:
    ScheduleTable._meta.add_field(_policy.name, _column(_policy))

IS_ACTIVE = ScheduleTable.state == SQL("'active'")
"""Written out: for a parameter SQLite does not take the index schedule_due, which has only active tasks."""
