"""The tables of people. Times are UTC seconds; a `master` column holds a master's uid."""

from peewee import AutoField, BooleanField, CompositeKey, FloatField, IntegerField, TextField

from walkabout.database.models import Table


class MasterTable(Table):
    """The people of this installation."""

    id = AutoField()
    uid = TextField(unique=True)
    email = TextField(unique=True)
    name = TextField()
    password_hash = TextField()
    is_activated = BooleanField()
    is_superuser = BooleanField()
    active_graph = TextField(null=True)
    active_sentinel = TextField(null=True)
    created_at = FloatField()
    last_login_at = FloatField(null=True)
    must_change = BooleanField()
    """An admin gave the password: the page asks for another one before anything else."""


class InstallationTable(Table):
    """What belongs to the installation as a whole, where its machines share no disk."""

    name = TextField(primary_key=True)
    value = TextField()


class TokenTable(Table):
    """Sign-ins of the page, and tokens of clients."""

    hash = TextField(primary_key=True)
    master = TextField()
    created_at = FloatField()
    expires_at = FloatField()
    name = TextField(null=True)
    """None: a token that a client got for the password."""
    sign_in = BooleanField()
    """Whether it is a browser's sign-in, which no route takes."""
    used_at = FloatField(null=True)
    """To the minute; None: not used since it was made."""
    address = TextField(null=True)
    agent = TextField(null=True)


class AliasTable(Table):
    """A master's own short names."""

    master = TextField()
    name = TextField()
    value = TextField()

    class Meta:
        """Found by peewee."""

        primary_key = CompositeKey("master", "name")


class WalkerKeyTable(Table):
    """Keys of public walkers; a key is not stored, but derives from its generation."""

    master = TextField()
    walker = TextField()
    generation = IntegerField()
    hash = TextField(unique=True)

    class Meta:
        """Found by peewee."""

        primary_key = CompositeKey("master", "walker")


class AttemptCountTable(Table):
    """How many attempts at passwords were made in each lane."""

    lane = TextField(primary_key=True)
    """What is counted, as a keyed hash."""
    tries = IntegerField()
    until = FloatField()
    """No attempt is looked at before."""
    ends_at = FloatField()
    """Forgotten then."""


class TriedPasswordTable(Table):
    """Which passwords were tried in a lane, by a short keyed hash."""

    lane = TextField()
    digest = TextField()
    account = TextField()
    is_wrong = BooleanField()
    """False while the attempt is looked at."""
    ends_at = FloatField()

    class Meta:
        """Found by peewee."""

        primary_key = CompositeKey("lane", "digest")


class KnownDeviceTable(Table):
    """Devices from which a master has signed in, by keyed hashes."""

    master = TextField()
    device = TextField()
    seen_at = FloatField()

    class Meta:
        """Found by peewee."""

        primary_key = CompositeKey("master", "device")


class AuditTable(Table):
    """What happened to people, their sign-ins and their rights."""

    id = AutoField()
    at = FloatField()
    event = TextField()
    actor = TextField()
    about = TextField()
    address = TextField()
    detail = TextField()
