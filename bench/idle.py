"""CPU of the whole service with nothing to do, per cent of a core."""

import os
import time
from pathlib import Path

from bench.serving import serving
from tests.support.house import House

SECONDS = 20


def main() -> None:
    """Over 20 seconds, after two to settle."""
    with serving() as house:
        time.sleep(2)
        before = _ticks(house)
        time.sleep(SECONDS)
        used = (_ticks(house) - before) / os.sysconf("SC_CLK_TCK")
    print(f"{used / SECONDS * 100:.2f} % of a core")


def _ticks(house: House) -> int:
    total = 0
    for pid in house.processes():
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(words[11]) + int(words[12])
    return total
