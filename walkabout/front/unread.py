"""The input stream of a request whose body was not read; reading it is an error."""

from werkzeug.exceptions import HTTPException


class TooMuch(HTTPException):
    """The body is larger than its caller may send."""

    code = 413


class Unread:
    """Stands for a body that its caller may not send. Reading it is refused, once; it is empty from then on."""

    def __init__(self, most: int) -> None:
        """`most`: how many bytes the caller may send."""
        self.most = most
        self._refused = False

    def read(self, _size: int = -1) -> bytes:
        """Raise TooMuch; empty the second time, for what tells of the error."""
        if self._refused:
            return b""
        self._refused = True
        raise TooMuch(
            f"body: larger than the {self.most} bytes that anybody may send; a larger one needs a valid token (in the header"
            " Authorization) or key (in the header X-Walkabout-Key, the query, or the begin of the body)"
        )

    readline = read
