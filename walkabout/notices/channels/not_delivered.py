"""The error of a message that did not arrive."""


class NotDelivered(Exception):
    """A service did not take a message. The text says why, and never has the address in it."""
