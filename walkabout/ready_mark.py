"""How a process tells the launcher that it serves, whatever is logged; imported by both, and nothing else with it."""

READY_MARK = "\0ready "
"""What the line begins with. The name of the event follows."""
