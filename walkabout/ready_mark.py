"""The mark by which a process tells the launcher that it is ready. A module of its own, so that both can import it
cheaply.
"""

READY_MARK = "\0ready "
"""What the line begins with. The name of the event follows."""
