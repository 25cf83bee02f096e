"""The tables of saved sequences. Times are UTC seconds."""

from peewee import CompositeKey, FloatField, IntegerField, TextField

from walkabout.database.models import Table


class SavedSequenceTable(Table):
    """Sequences as they are now, by name."""

    name = TextField(primary_key=True)
    revision = IntegerField()
    sequence = TextField()
    """JSON."""
    description = TextField()
    tags = TextField()
    """JSON, a list of texts."""
    updated_at = FloatField()
    by = TextField(null=True)
    """A uid; None: the command line."""


class SavedSequenceVersionTable(Table):
    """Each of them as it was after a change."""

    name = TextField()
    revision = IntegerField()
    sequence = TextField()
    description = TextField()
    tags = TextField()
    updated_at = FloatField()
    by = TextField(null=True)

    class Meta:
        """Found by peewee."""

        primary_key = CompositeKey("name", "revision")


class SavedSequenceRunTable(Table):
    """Which of them a run has used."""

    name = TextField()
    job = IntegerField()

    class Meta:
        """Found by peewee."""

        primary_key = CompositeKey("name", "job")
