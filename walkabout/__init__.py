"""Walkabout runs walkers, jobs, periodic tasks and sequences. Walker files import their names from here.

A name is looked up when somebody asks for it, so that a process which only reads the settings starts at once.
`__init__.pyi` says the same to tools that read types.
"""

from importlib import import_module
from typing import Any

from walkabout.spared_drivers import spare_drivers

__all__ = ["Edge", "File", "Meta", "Node", "Request", "Walker", "at"]
_MODULES = {
    "Edge": "walkabout.graph.objects",
    "File": "walkabout.walking.files",
    "Meta": "msgspec",
    "Node": "walkabout.graph.objects",
    "Request": "walkabout.walking.request",
    "Walker": "walkabout.walking.walker",
    "at": "walkabout.walking.walker",
}

spare_drivers()


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
