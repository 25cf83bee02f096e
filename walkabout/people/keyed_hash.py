"""Hashes keyed with this installation's secret, so that a stored one reveals nothing about its input."""

import hashlib
import hmac

_CHARS = 32  # of the hexadecimal digits: 128 bits


class KeyedHash:
    """The hash for one purpose; the same text has another one for another purpose."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        """`secret`: the installation's own."""
        self._key = hmac.new(secret, purpose.encode(), hashlib.sha256).digest()

    def __call__(self, text: str) -> str:
        return hmac.new(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:_CHARS]
