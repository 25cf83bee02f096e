"""Walkers whose fields are choices and dates."""

import datetime
import enum
from typing import Annotated, Any, Literal

from walkabout import Node, Walker, at


class Size(enum.Enum):
    """A choice of texts."""

    SMALL = "s m"
    LARGE = "l"


class Chosen(Walker):
    """Reports its fields."""

    day: datetime.date
    colour: Literal["red", "green"] = "red"
    level: Annotated[Literal[1, 2, 3] | None, "from low to high"] = None
    size: Size = Size.LARGE
    at_moment: datetime.datetime | None = None
    at_time: datetime.time = datetime.time(7, 30)
    mixed: Literal["a", 1] = "a"

    @at()
    def go(self, here: Node) -> None:
        fields: dict[str, Any] = {name: getattr(self, name) for name in self.walker_fields}
        self.report({name: str(getattr(value, "value", value)) for name, value in fields.items()})
