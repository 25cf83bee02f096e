"""The tables of jobs. Times are UTC seconds."""

from peewee import AutoField, BlobField, BooleanField, CompositeKey, FloatField, IntegerField, TextField

from walkabout.database.models import Table


class JobTable(Table):
    """The ledger: a row for each run in the background, and for due times that got none."""

    id = AutoField()
    uid = TextField(unique=True)
    kind = TextField()
    name = TextField()
    owner = TextField()
    """The uid of a master."""
    argument = TextField()
    state = TextField()
    priority = IntegerField(default=0)
    eta = FloatField(null=True)
    wait_until = FloatField(null=True)
    """Set while it may not be claimed yet."""
    queued_at = FloatField()
    started_at = FloatField(null=True)
    ended_at = FloatField(null=True)
    attempt = IntegerField(default=0)
    """How often it was claimed; the fence for its outcome."""
    raised = IntegerField(default=0)
    takeovers = IntegerField(default=0)
    max_attempts = IntegerField(default=1)
    backoff_s = FloatField(default=0)
    limit_s = FloatField(null=True)
    repeatable = BooleanField(default=True)
    consumer = TextField(null=True)
    worker = TextField(null=True)
    worker_pid = IntegerField(null=True)
    cancel = BooleanField(default=False)
    """Somebody wants it ended at once; its supervisor does that."""
    cleans_up = BooleanField(default=False)
    """It has something to do when it is cancelled."""
    cancelling = BooleanField(default=False)
    """Somebody wants it ended. One that cleans up does so first, until `cancel` is set as well."""
    sent = TextField(null=True)
    """The request that it has sent and that may not be repeated."""
    progress = TextField(null=True)
    result = TextField(null=True)
    error = TextField(null=True)
    reason = TextField(null=True)
    schedule = IntegerField(null=True)
    """The id of the periodic task that it is a run of."""
    task_name = TextField(null=True)
    """What that task was called when the run was queued: it outlives the task."""
    scheduled_for = FloatField(null=True)
    first_for = FloatField(null=True)
    fire_at = FloatField(null=True)
    fires = IntegerField(default=1)
    missed = IntegerField(default=0)
    held = BooleanField(default=False)
    caught_up = BooleanField(default=False)
    changes = TextField(null=True)
    asked_by = TextField(null=True)
    """The uid of who asked for it by hand."""
    traceparent = TextField(null=True)
    """The trace in which it was asked for."""
    queue = TextField(null=True)
    """None: the default one."""
    lane = TextField(null=True)
    """What `at_most` counts: its walker, or that with a value of a field."""
    at_most = IntegerField(null=True)
    rate = TextField(null=True)
    gate = TextField(null=True)
    """What it has to wait for first, though it would be ready: a slot of its lane, or a start within the rate."""
    slot = IntegerField(null=True)
    """Its place among the `at_most` of its lane, from when it is let through until its attempt is over."""


class CountedStartTable(Table):
    """The starts that a walker's rate counts. `free_at`: until when (UTC seconds); None: it has not begun."""

    id = AutoField()
    name = TextField()
    job = TextField()
    attempt = IntegerField()
    """How often the job had been claimed before."""
    free_at = FloatField(null=True)


class JobFileTable(Table):
    """The files that came with jobs."""

    job = TextField()
    """The uid of a job."""
    field = TextField()
    position = IntegerField()
    name = TextField()
    type = TextField()
    content = BlobField()

    class Meta:
        """Found by peewee."""

        primary_key = CompositeKey("job", "field", "position")


class JobLogTable(Table):
    """What jobs have logged: the last lines of each that logged anything."""

    job = TextField(primary_key=True)
    """The uid of a job."""
    attempt = IntegerField()
    lines = TextField()
    """JSON."""
    dropped = IntegerField()
    at = FloatField()


class ConsumerTable(Table):
    """Who works the queue off."""

    uid = TextField(primary_key=True)
    kind = TextField()
    name = TextField()
    machine = TextField()
    pid = IntegerField()
    process_started = TextField()
    workers = IntegerField(default=0)
    stopping = BooleanField(default=False)
    started_at = FloatField()
    pulse_at = FloatField()
    beat = IntegerField(default=0)
    living = IntegerField(default=0)
    queues = TextField(default="*")


class MachineClockTable(Table):
    """Machines whose clock is off the database's."""

    machine = TextField(primary_key=True)
    off_s = FloatField()
    """By how much it is ahead."""
    seen_at = FloatField()


class RequestKeyTable(Table):
    """The idempotency keys of requests that queue a job (see request_keys.py). `master`: the uid of who asks."""

    master = TextField()
    route = TextField()
    key = TextField()
    digest = TextField()
    uid = TextField()
    """The job's, from before there is one."""
    at = FloatField()
    status = IntegerField(null=True)
    answer = TextField(null=True)
    """A body of JSON."""

    class Meta:
        """Found by peewee."""

        primary_key = CompositeKey("master", "route", "key")


class TurnTable(Table):
    """Who waits for their turn to change an object of the graph."""

    id = AutoField()
    object = TextField()
    holder = TextField()
