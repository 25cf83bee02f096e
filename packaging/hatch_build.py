"""What the built package needs: the lines of requirements.txt, so that they stand in one place."""

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class Requirements(MetadataHookInterface):
    """Takes the dependencies from requirements.txt."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Put them into the package's metadata."""
        lines = (Path(self.root) / "requirements.txt").read_text().splitlines()
        metadata["dependencies"] = [line for line in lines if line and not line.startswith("#")]
