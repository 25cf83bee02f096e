"""The tables of notices. Times are UTC seconds; an `owner` column holds a master's uid, or nothing for the setting NOTIFY."""

from peewee import AutoField, FloatField, IntegerField, TextField

from walkabout.database.models import Table


class NoticeTargetTable(Table):
    """Where notices go: one address, for which tasks and which events."""

    id = AutoField()
    owner = TextField()
    place = TextField()
    """all, tag or task."""
    task = IntegerField(null=True)
    tag = TextField(default="")
    kind = TextField()
    address = TextField()
    """A secret: see addresses.label."""
    events = TextField()
    """Words with a blank between them."""
    after = IntegerField(default=1)
    late_s = FloatField()
    skipping_s = FloatField()
    long_s = FloatField(null=True)
    """None: longer than usual."""
    remind_s = FloatField(null=True)
    quiet = TextField(default="")
    created_at = FloatField()
    told_at = FloatField(null=True)
    digest = TextField(default="")
    """Of the address: by it the same one for the same is found."""


class NoticeTable(Table):
    """What somebody is to be told, or was."""

    id = AutoField()
    uid = TextField(unique=True)
    key = TextField(unique=True)
    """What it tells to whom."""
    state_key = TextField(default="")
    """The state that it tells of: that of its occasion."""
    target = IntegerField()
    owner = TextField()
    event = TextField()
    task = IntegerField(null=True)
    task_name = TextField()
    run = TextField(null=True)
    count = IntegerField()
    why = TextField()
    at = FloatField()
    due_at = FloatField()
    over_at = FloatField(null=True)
    """None: what it tells goes on."""
    remind_at = FloatField(null=True)
    state = TextField()
    message = TextField(null=True)
    """The id under which it is sent, the same in each try."""
    tries = IntegerField(default=0)
    job = TextField(null=True)
    """The uid of the job of the latest try."""
    error = TextField(default="")
    sent_at = FloatField(null=True)
