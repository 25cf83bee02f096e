"""Runs the shell blocks of a page of the documentation, and compares what they print with what the page shows."""

import re
import subprocess


def differences(page: str, url: str) -> list[str]:
    """The lines that differ from those that the page shows behind `#> ` (`...` stands for anything), run against a service."""
    script = "set -e\n" + "\n".join(re.findall(r"```sh\n(.*?)```", page, re.S)).replace("http://127.0.0.1:8000", url)
    expected = re.findall(r"^#> (.*)$", script, re.M)
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    shown = ran.stdout.splitlines()
    assert len(shown) == len(expected), ran.stdout + ran.stderr
    both = zip(shown, expected, strict=True)
    return [f"{line}\nis not\n{pattern}" for line, pattern in both if not re.fullmatch(_as_pattern(pattern), line)]


def _as_pattern(expected: str) -> str:
    return ".*".join(re.escape(part) for part in expected.split("..."))
