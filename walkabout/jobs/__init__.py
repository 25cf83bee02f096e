"""Jobs: the ledger, which is also the queue, the consumer that runs them, and waiting for results."""
