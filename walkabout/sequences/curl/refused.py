"""The error for a curl command that can't be a step."""


class NotACall(ValueError):
    """The command is no single curl call that a step can stand for; the text says why."""
