"""`make fuzz`: the service's own document, tried by schemathesis against a running service, as nobody, as a user and as
an admin. No answer may be a 5xx of ours, or anything that the document does not say: status, media type, shape.

The number of requests is fixed, not the time; all three together take about two minutes.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.house import House

EXAMPLES = 12  # requests of each kind (valid, invalid) for each operation and role, at most
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# They end the token with which everything else is asked.
NOT_ASKED = "logout"
# Walkers end soon, nobody waits, and no request goes anywhere.
SETTINGS = {
    "WORKERS": "1", "FOREGROUND_LIMIT_S": "1", "JOB_LIMIT_S": "2", "WAIT_MAX_S": "0.5", "PRIVATE_HOSTS": "nobody",
    "ALLOW_HOSTS": "nowhere.invalid", "SIGN_IN_TRIES": "100000", "SIGN_IN_TRIES_ADDRESS": "100000",
}  # fmt: skip
SECONDS_MOST = 300  # of one role; only a service that hangs takes so long


def main() -> int:
    """The exit status: 0 when nothing was found."""
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder) / "data", **SETTINGS).start()
        try:
            tokens = {
                "nobody": "",
                "user": house.person("ben@example.com").token,
                "admin": house.client().token,
            }
            found = [role for role, token in tokens.items() if _try(house, role, token)]
            bugs = [line for line in house.lines if ".failed" in line and " ERROR " in line]
        finally:
            house.stop()
    for line in bugs:
        print(line)
    print(f"found something as {', '.join(found)}" if found or bugs else "nothing was found")
    return 1 if found or bugs else 0


def _try(house: House, role: str, token: str) -> int:
    print(f"== as {role}", flush=True)
    command = [
        "schemathesis", "run", f"{house.url}/openapi.json", "--phases", "fuzzing", "--checks", CHECKS,
        "--max-examples", str(EXAMPLES), "--generation-deterministic", "--continue-on-failure",
        "--exclude-path-regex", NOT_ASKED, "--warnings", "off", "--no-color",
        *(["--header", f"Authorization: token {token}"] if token else []),
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(command, cwd=folder, timeout=SECONDS_MOST, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
