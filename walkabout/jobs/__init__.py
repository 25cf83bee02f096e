"""Jobs: the ledger that is the truth and the queue, the consumer that works it off, and who waits for what."""
