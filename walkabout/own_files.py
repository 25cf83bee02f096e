"""Where the files lie that the service brings along: beside the package in a checkout, within it when it is installed."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def _own(folder: str) -> Path:
    within = _PACKAGE / folder
    return within if within.is_dir() else _PACKAGE.parent / folder


TEMPLATES, STATIC, STARTER = _own("templates"), _own("static"), _own("walkers") / "starter.py"
