"""What walks may use, and where walkers are found, as the settings have it."""

import sys
from pathlib import Path

from walkabout.graph.limits import graph_limits
from walkabout.settings import Settings
from walkabout.walking.calls import WalkLimits


def walker_folders(settings: Settings) -> list[Path]:
    """The folders of WALKERS_DIR."""
    return [Path(part).resolve() for part in settings.walkers_dir.split(":") if part]


def walk_limits(settings: Settings) -> WalkLimits:
    """What a walk may use."""
    return WalkLimits(
        steps=settings.step_limit,
        depth=settings.depth_limit,
        job_s=settings.job_limit_s,
        graph=graph_limits(settings),
        respond_bytes=settings.respond_bytes,
        hidden=_own_folders(settings),
    )


def _own_folders(settings: Settings) -> tuple[str, ...]:
    """Where the service lies on this machine, the innermost folders first."""
    python, house = (Path(sys.prefix), Path(sys.base_prefix)), Path(__file__).parents[2]
    folders = {*walker_folders(settings), settings.data_path, house, *python}
    return tuple(sorted((str(folder) for folder in folders if len(folder.parts) > 1), key=len, reverse=True))
