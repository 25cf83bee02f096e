"""The consumer: its workers, their supervisor, and what they share."""
