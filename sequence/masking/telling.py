"""The table of names that mark a value as secret: object keys, headers, parameters and fields."""

import re

# In any case, with any separators or none: the letters and digits of a name hold one of these.
_WITHIN = re.compile(
    "authorization|cookie|passw(or)?d|passphrase|passcode|secret|credential|connectionstring"
    "|(api|access|private|signing|signature|encryption|auth|shared|master|account|session|ssh|subscription|function)s?key"
    "|(session|access|refresh|id|auth|csrf|xsrf)token"
)
# The last word of a name; with what may stand behind it: `token2`, `tokenValue`.
_LAST = frozenset({"pwd", "pass", "jwt", "otp", "pin", "sig", "signature", "token", "tokens", "bearer"})
_BEHIND = frozenset({"value", "text", "data", "raw", "hash"})
_KEY = frozenset({"key"})  # the whole name; `x-something-key` is a header's
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
AUTH = "auth"  # what a step signs in with: `basic` is a user and a password only there
BASIC = "basic"
_LONGEST = 200  # letters of a name that are looked at, from its end


def is_telling(name: str) -> bool:
    """Whether what stands under this name is likely to be a password, a token or the like."""
    words = [word.lower() for word in _WORDS.findall(name[-_LONGEST:])]
    if not words:
        return False
    while len(words) > 1 and words[-1] in _BEHIND:
        words.pop()
    if words[-1] in _LAST or _WITHIN.search("".join(words)) is not None:
        return True
    is_header = words[0] == "x" and len(words) > 2 and "idempotency" not in words
    return (words[-1] in _KEY and (len(words) == 1 or is_header)) or words[-1].endswith("token")
