"""The states of a job: what each means, and what a crash does to it.

They are plain text, in the database and in answers, where they are a promise. Which moves there are between them is
declared in the ledger.
"""

PENDING = "PENDING"
"""It waits: for a free worker, for its time (`wait_until`), or for the run before it to end (`held`). Nobody works on it,
so a crash does nothing to it."""

STARTED = "STARTED"
"""Somebody has claimed it: `consumer` and `worker_pid` say who, and `attempt` is the fence for the outcome. When that
process is lost, whoever notices first rescues the run: it is PENDING again, FAILURE if it may not run again, or REVOKED
if it was to be cancelled. Nothing of the lost attempt is saved, since a run's changes are committed with its outcome."""

RETRY = "RETRY"
"""It raised, has attempts left, and waits for the next one (`wait_until`). A crash does nothing to it."""

SUCCESS = "SUCCESS"
"""It ended well. Its result and its changes were committed together with this state, so a crash comes either before all
of them or after all of them. Who waits for it may learn of it a second late when the crash comes before the bell."""

FAILURE = "FAILURE"
"""It ended badly: it raised for the last time, was over its time limit, or lost its worker and may not run again.
`error` says which. Nothing of a walker's changes is saved."""

REVOKED = "REVOKED"
"""Somebody cancelled it, or something else ended it, as `reason` says. Nothing of a walker's changes is saved. A running
job is only marked at first (`cancel`) and stays STARTED until its supervisor has ended it; a crash in between changes
nothing of that, the mark is in its row."""

SKIPPED = "SKIPPED"
"""A due time of a periodic task that got no run, because another run of the task was not over. `reason` says so."""

MISSED = "MISSED"
"""Due times of a periodic task that got no run: nobody was there in time, or what the run needs was not there. `reason`
says which. Neither a run nor a failure: a crash of all consumers is what makes these."""

WAITING = (PENDING, RETRY)
OPEN = (PENDING, RETRY, STARTED)
ENDED = (SUCCESS, FAILURE, REVOKED, SKIPPED, MISSED)
NO_RUN = (SKIPPED, MISSED)  # notes on due times
STATES = (*OPEN, *ENDED)
