"""Describes a client in words from its User-Agent (RFC 9110, 10.1.5). A hint, not proof."""

# The first that stands in the text counts: browsers name those that they are like behind themselves.
_PROGRAMS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"), ("Safari/", "Safari"), ("curl/", "curl"), ("python-requests/", "Python"),
    ("python-urllib", "Python"), ("Wget/", "Wget"), ("node", "Node.js"), ("Go-http-client", "Go"), ("okhttp", "OkHttp"),
)  # fmt: skip
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"), ("Linux", "Linux"),
)  # fmt: skip
_MOST = 40  # characters of a text that names none of them


def client_name(agent: str) -> str:
    """ "Firefox on Linux", "curl"; the beginning of the text when it names nothing that is known; "" for none."""
    program = next((name for mark, name in _PROGRAMS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    words = " on ".join(part for part in (program, system) if part)
    return words or "".join(char if char.isprintable() else "?" for char in agent[:_MOST])
