"""Reads responses as http.client does, but skips interim ones (RFC 9110, 15.2).

http.client knows 100 only. A 103 (Early Hints) or 102 before the answer was taken for the answer, and the answer for that
of the next request on the connection.
"""

from http.client import HTTPException, HTTPResponse, parse_headers

INTERIM_MOST = 100
SWITCHING = 101


class FinalResponse(HTTPResponse):
    """The final answer to a request, however many interim ones come before it."""

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(INTERIM_MOST):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if status == SWITCHING:
                raise HTTPException("the server has switched protocols (101), which nobody asked for")
            if status >= 200:
                return version, status, reason
            parse_headers(self.fp)
        raise HTTPException(f"more than {INTERIM_MOST} interim answers")
