"""Marks: what a database says of itself as a place, in rows of the table `installation` that are never copied elsewhere."""

from walkabout.database.connections import Database, Unusable

SECRET_KEY = "secret_key"
HALF_MOVED = "half_moved"
MARKS = (SECRET_KEY, HALF_MOVED)


def mark(db: Database, name: str) -> str | None:
    """What a mark says; None: it is not there."""
    text: str | None = db.value("SELECT value FROM installation WHERE name = ?", (name,))
    return text


def set_mark(db: Database, name: str, text: str | None) -> None:
    """Let a mark say this; None: take it away."""
    with db.transaction():
        db.change("DELETE FROM installation WHERE name = ?", (name,))
        if text is not None:
            db.change("INSERT INTO installation (name, value) VALUES (?, ?)", (name, text))


def refuse_half_moved(db: Database) -> None:
    """Raises Unusable when an installation was to be moved here, and is not here as a whole."""
    source = mark(db, HALF_MOVED)
    if source is not None:
        raise Unusable(
            f"{db.engine.where()} holds half of an installation: moving it from {source} has not come to its end. Move it"
            " again (flask --app app move, which begins anew), or use another database"
        )
