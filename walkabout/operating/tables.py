"""The table of what operators ask for."""

from peewee import CompositeKey, FloatField, TextField

from walkabout.database.models import Table


class JobSumTable(Table):
    """Sums over the jobs that ended up to a moment: each a number of a series, for one set of labels."""

    series = TextField()
    labels = TextField()
    """JSON: the values of the labels, in the order of job_sums.LABELS."""
    bucket = TextField()
    """The upper bound (seconds) of a bucket of a histogram, or job_sums.SUM; of other numbers nothing."""
    amount = FloatField()

    class Meta:
        """Found by peewee."""

        primary_key = CompositeKey("series", "labels", "bucket")
