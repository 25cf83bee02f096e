"""Curl's options (curl(1)): which take a value, and which have no meaning for a step."""

from collections.abc import Container, Iterator

from walkabout.sequences.curl.refused import NotACall

# How much is shown and where to, how connections are made: nothing of what is sent.
_IDLE = """
-s --silent -S --show-error -f --fail --fail-with-body --fail-early -v --verbose -i --include -N --no-buffer
-# --progress-bar --no-progress-meter --compressed -4 --ipv4 -6 --ipv6 -O --remote-name -J --remote-header-name
--remote-name-all --create-dirs -q --disable --no-keepalive --tcp-nodelay --tcp-fastopen --http1.1 --http2 --http3
--tlsv1 --tlsv1.0 --tlsv1.1 --tlsv1.2 --tlsv1.3 -1 --ssl --ssl-reqd --basic --retry-connrefused --retry-all-errors
-Z --parallel --styled-output --no-styled-output --form-escape --no-sessionid --no-alpn -a --append
"""
_IDLE_WITH_VALUE = """
-o --output --output-dir -w --write-out --connect-timeout --stderr --retry-delay --retry-max-time --trace
--trace-ascii -D --dump-header -c --cookie-jar --keepalive-time --limit-rate --max-filesize -y --speed-time -Y
--speed-limit --proto --proto-default --proto-redir --tls-max --ciphers --tls13-ciphers --expect100-timeout
--happy-eyeballs-timeout-ms
"""
_WITH_VALUE = """
-X --request -H --header -d --data --data-ascii --data-raw --data-binary --data-urlencode -u --user -A --user-agent
-e --referer -b --cookie -m --max-time -F --form --form-string -r --range --retry --json --url --url-query
--oauth2-bearer --max-redirs
"""
_REFUSED = {
    "-x --proxy --preproxy --socks5 --socks4 --socks5-hostname --socks4a": "a proxy is for the operator to set",
    "-E --cert --key --cacert --capath --cert-type --pass": "a step has no certificates of its own",
    "--digest --ntlm --negotiate --anyauth --aws-sigv4 --proxy-user -U": "a step signs in by Basic or Bearer",
    "-n --netrc --netrc-file --netrc-optional -K --config": "it reads a file, which a step can't",
    "-T --upload-file": "it sends a file, which a step can't read; put its content into the step",
    "--post301 --post302 --post303 --location-trusted": "a step's redirects are those of the Fetch standard",
    "--resolve --connect-to --interface --unix-socket --dns-servers": "a step connects to the host of its URL",
    "-0 --http1.0 --http0.9 --http2-prior-knowledge --request-target --raw": "a step speaks HTTP/1.1 as usual",
    "-z --time-cond -C --continue-at": "it depends on a file",
    "-: --next": "it is more than one request; write a line for each",
}
"""Options that change what is sent, or how, in a way that a step does not have."""
_SHORT_WITH_VALUE = "XHdumAebowFrcDyYxETKCzU"

IDLE = frozenset((_IDLE + _IDLE_WITH_VALUE).split())
"""Options that a step can do without."""
FAILS = frozenset(("-f", "--fail", "--fail-with-body"))
"""Options with which an error status is an error of curl."""
SAVES = frozenset(("-o", "--output", "-O", "--remote-name"))
"""Options that name a file for the answer."""
_VALUED = frozenset((_WITH_VALUE + _IDLE_WITH_VALUE).split()) | {f"-{letter}" for letter in _SHORT_WITH_VALUE}
_WHY = {option: why for options, why in _REFUSED.items() for option in options.split()}


def read_options(words: list[str]) -> list[tuple[str, str]]:
    """The options of a call with their values ("" for flags); a URL has "" as its option. Raises NotACall."""
    return read_words(words, _VALUED)


def read_words(words: list[str], valued: Container[str], long_shorts: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """See read_options, for any program. `valued`: the options with a value; `long_shorts`: short ones of two letters,
    such as `-nv`. Raises NotACall."""
    found: list[tuple[str, str]] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            found += [("", url) for url in rest]
        elif word.startswith("--"):
            option, equals, value = word.partition("=")
            found.append((option, (value if equals else _next(option, rest)) if option in valued else ""))
        elif word.startswith("-") and len(word) > 1:
            found += _short(word[1:], rest, valued, long_shorts)
        else:
            found.append(("", word))
    return found


def _short(
    letters: str, rest: Iterator[str], valued: Container[str], long_shorts: tuple[str, ...]
) -> list[tuple[str, str]]:
    """`sSXPOST` as three options; the value of the last one may be the next word."""
    found: list[tuple[str, str]] = []
    while letters:
        option = next((long for long in long_shorts if f"-{letters}".startswith(long)), f"-{letters[0]}")
        letters = letters[len(option) - 1 :]
        if option in valued:
            return [*found, (option, letters or _next(option, rest))]
        found.append((option, ""))
    return found


def _next(option: str, rest: Iterator[str]) -> str:
    value = next(rest, None)
    if value is None:
        raise NotACall(f"{option} has no value")
    return value


def has_value(option: str) -> bool:
    """Whether an option is followed by a value."""
    return option in _VALUED


def refusal(option: str) -> NotACall:
    """Why an option can't be taken over."""
    return NotACall(f"{option} has no equivalent in a step{': ' + _WHY[option] if option in _WHY else ''}")
