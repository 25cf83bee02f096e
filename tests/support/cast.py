"""The cast of the tests: people with a graph each, made without the slow hash of a password."""

from walkabout.jids import new_uid
from walkabout.people.masters import Master
from walkabout.people.passwords import Cost
from walkabout.service import Service

CHEAP = Cost(n=2, r=1, p=1)
"""What a hash costs where a test is not about that: `build(..., password_cost=CHEAP)`."""


def person(service: Service, name: str, *, superuser: bool = False) -> Master:
    """Somebody with an active graph, who can't sign in."""
    uid = new_uid()
    service.db.change(
        "INSERT INTO master (uid, email, name, password_hash, is_superuser, created_at) VALUES (?, ?, ?, '', ?, 0)",
        (uid, f"{name}@example.com", name, int(superuser)),
    )
    service.graphs.create(uid, activate=True)
    master = service.masters.by_uid(uid)
    assert master is not None
    return master
