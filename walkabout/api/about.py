"""The API that describes this product."""

from walkabout.api.dispatch import Call
from walkabout.api.registry import PUBLIC, api

VERSION = "0.1.0"
CREATOR = "The Walkabout developers"
URL = "https://walkabout.invalid"


@api(PUBLIC, methods=("GET", "POST"))
def info(call: Call) -> dict[str, str]:
    """Version, creator and URL of this product."""
    return {"Version": VERSION, "Creator": CREATOR, "URL": URL}
