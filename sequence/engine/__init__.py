"""Running a sequence: its steps in order, loops, retries, what is saved and recorded."""
