"""Turns the words of a wget call (wget(1)) into those of the curl call that sends the same request."""

import re
from collections.abc import Callable
from urllib.parse import quote

from walkabout.sequences.curl.options import read_words
from walkabout.sequences.curl.refused import NotACall
from walkabout.sequences.curl.shell import MARK, MARK_END

# How much is shown and where to, how connections are made: nothing of what is sent.
_IDLE = """
-q --quiet -v --verbose -nv --no-verbose -d --debug -S --server-response -4 --inet4-only -6 --inet6-only -b --background
--no-cookies --no-dns-cache --no-hsts --no-proxy --no-iri --show-progress --content-disposition --trust-server-names
--no-config --no-netrc --random-wait --retry-connrefused --https-only --ignore-length --no-http-keep-alive -np --no-parent
-nd --no-directories -nH --no-host-directories --content-on-error --keep-session-cookies --no-use-server-timestamps
"""
_IDLE_WITH_VALUE = """
-o --output-file -a --append-output -P --directory-prefix -w --wait --waitretry --limit-rate -Q --quota --dns-timeout
--connect-timeout --progress --secure-protocol --ciphers --prefer-family --save-cookies --report-speed
"""
_WITH_VALUE = """
-O --output-document -T --timeout --read-timeout -t --tries -U --user-agent --header --referer --post-data --method
--body-data --retry-on-http-error --max-redirect --user --password --http-user --http-password
"""
_REFUSED = {
    "-r --recursive -l --level -p --page-requisites -m --mirror -k --convert-links -H --span-hosts -A --accept -R --reject": (
        "it fetches more than one page"
    ),
    "-i --input-file --post-file --body-file --load-cookies --ca-certificate --certificate --private-key --config": (
        "it reads a file, which a step can't"
    ),
    "-c --continue -N --timestamping -nc --no-clobber --start-pos": "it depends on a file",
    "-e --execute": "it sets wget's own options",
}
_IDLE_FLAGS, _VALUED = frozenset(_IDLE.split()), frozenset((_WITH_VALUE + _IDLE_WITH_VALUE).split())
_WHY = {option: why for options, why in _REFUSED.items() for option in options.split()}
_LONG_SHORTS = ("-nv", "-np", "-nd", "-nH", "-nc")  # short options of two letters
_SIGNS_IN = ("--user", "--password", "--http-user", "--http-password")
# What wget writes as %XX: all that no URL may have, and nothing that stands there as %XX already (url.c, urlchr_table).
_UNSAFE = re.compile(r'[\x00-\x20"<>\\^`{|}\x7f-\U0010ffff]|%(?![0-9A-Fa-f]{2})')


def curl_words(words: list[str]) -> list[str]:
    """The words behind `curl` for those behind `wget`. Raises NotACall."""
    found = ["-f", "-g", "-L"]
    values: dict[str, str] = {}
    urls = []
    for option, value in _options(words):
        if option == "":
            urls.append(value)
        elif option in _VALUED:
            values[option] = value
        if option in _TRANSLATED:
            found += _TRANSLATED[option](value)
    if len(urls) != 1:
        raise NotACall("it calls more than one URL; write a line for each" if urls else "it calls no URL")
    _check_signing(urls[0], values)
    if values.get("--max-redirect") == "0":
        found.remove("-L")
    if not {"-O", "--output-document"} & values.keys() and "-I" not in found:
        found.append("-O")  # into a file that is called after the URL
    return [*found, *_tries(values), "--url", _url(urls[0])]


def _options(words: list[str]) -> list[tuple[str, str]]:
    found = read_words(words, _VALUED, _LONG_SHORTS)
    for option, _ in found:
        if option and option not in _KNOWN:
            why = f": {_WHY[option]}" if option in _WHY else ""
            raise NotACall(f"wget's {option} has no equivalent in a step{why}")
    return found


def _check_signing(url: str, values: dict[str, str]) -> None:
    if any(option in values for option in _SIGNS_IN) or re.search(r"//[^/?#]*@", url):
        raise NotACall("wget signs in only after an answer of 401, which a step does not; use curl -u")


def _tries(values: dict[str, str]) -> list[str]:
    tries = values.get("-t", values.get("--tries", "1"))
    number = int(tries) if tries.isdecimal() else 1
    return ["--retry", str(number - 1)] if number > 1 else []


def _url(url: str) -> str:
    bare = url.partition("#")[0]
    parts = re.split(f"({MARK}[^{MARK_END}]*{MARK_END})", bare)
    return "".join(part if part.startswith(MARK) else _UNSAFE.sub(lambda char: quote(char[0]), part) for part in parts)


def _flag(*words: str) -> Callable[[str], list[str]]:
    return lambda _: list(words)


def _option(word: str) -> Callable[[str], list[str]]:
    return lambda value: [word, value]


_TRANSLATED: dict[str, Callable[[str], list[str]]] = {
    "--spider": _flag("-I"),
    "--no-check-certificate": _flag("-k"),
    "--no-cache": _flag("-H", "Cache-Control: no-cache", "-H", "Pragma: no-cache"),
    **dict.fromkeys(("-T", "--timeout", "--read-timeout"), _option("-m")),
    **dict.fromkeys(("-U", "--user-agent"), _option("-A")),
    **dict.fromkeys(("-O", "--output-document"), _option("-o")),
    "--header": _option("-H"),
    "--referer": _option("-e"),
    "--method": _option("-X"),
    **dict.fromkeys(("--post-data", "--body-data"), _option("--data-raw")),
}
_KNOWN = _IDLE_FLAGS | _VALUED | _TRANSLATED.keys()
