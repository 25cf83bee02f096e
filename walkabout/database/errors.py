"""The database's errors in the service's own types: no other room sees a driver's error."""

from walkabout.jids import jid


class ConstraintRefused(Exception):
    """A constraint of the database said no."""


class Unavailable(Exception):
    """The database can't be asked just now: locked for too long, its disk full, all connections in use."""


class FileTrouble(Unavailable):
    """The database's file is not what it should be, and waiting doesn't help: an administrator has to see to it."""


class Lost(FileTrouble):
    """The file was removed, or another one put in its place: nothing more is written, it would be lost."""

    def __init__(self) -> None:
        super().__init__(
            "The database file was removed or replaced while the service runs, so that nothing can be kept: an"
            " administrator has to stop the service, put the file back (or a backup), and start it again"
        )


class Damaged(FileTrouble):
    """The file is damaged where it was read or written."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(
            f"The database file is damaged ({error}): an administrator has to stop the service, restore a backup of the"
            " file, and start it again"
        )


class OutcomeUnknown(Unavailable):
    """The database failed while it committed, and can't be asked whether it did; the text names what."""


class Conflict(Exception):
    """Another run has changed or deleted what this one wants to change; `uid` names the object."""

    def __init__(self, uid: str, more: str = "") -> None:
        """`more`: what else is to be said, such as why the run does not try again."""
        self.uid = uid
        super().__init__(f"{jid(uid)} was changed by another run at the same time{more}")


class Collision(Unavailable, Conflict):
    """The database has undone a transaction since another one stood in its way (a deadlock, say): the same again, or the
    whole run again, is what helps. No object is named."""

    def __init__(self, why: str) -> None:
        Exception.__init__(self, f"another transaction stood in the way: {why}")
        self.uid = ""


class Unusable(Exception):
    """The service can't start with this database; the text says which it is, and what to do."""
