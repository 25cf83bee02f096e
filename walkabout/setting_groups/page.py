"""The admin page: how much of something it shows."""

from dataclasses import dataclass

from walkabout.setting_rules import setting


@dataclass(frozen=True)
class PageSettings:
    """The admin page: how much of something it shows."""

    page_rows: int = setting("PAGE_ROWS", 50, "rows of a list on the admin page", least=2, most=100)
    tree_items: int = setting("TREE_ITEMS", 400, "values that a run's page shows of its JSON", least=1)
    tree_chars: int = setting("TREE_CHARS", 16_000, "characters that a run's page shows of its JSON", least=100)
    calendar_days: float = setting(
        "CALENDAR_DAYS", 14.0, "days that a subscribed calendar (/calendar.ics) shows", least=1.0, most=366.0
    )
    bulk_most: int = setting("BULK_MOST", 10_000, "tasks or runs that one action changes at most", least=1)
    undo_s: float = setting("UNDO_S", 60.0, "seconds in which an action on many tasks can be undone", least=1.0)
    graph_nodes: int = setting("GRAPH_NODES", 300, "nodes in the picture of a graph", least=1)
    queue_shown: int = setting(
        "QUEUE_SHOWN", 1000, "tasks that walker_queue_check lists of each part of the queue", least=1
    )
