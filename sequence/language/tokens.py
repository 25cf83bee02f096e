"""Splits JSON as people write it into tokens, for every module that walks over such a text."""

import re

# Possessive, and an unclosed text is a token of its own: nothing is looked at again from each of its characters.
TOKEN = re.compile(
    r'(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")|(?P<mark>[{}\[\],:])|(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<open>/\*|")'
    r"|(?P<dots>\.\.\.)|(?P<word>[^\s{}\[\],:\"/]+|/)",
    re.DOTALL,
)
"""Its groups: a text in quotes, a bracket, comma or colon, a comment, the beginning of a text or comment that is not
closed, a bare `...`, and any other word (a number, true, NaN)."""
