"""What a run changed in the graph, in the page's words."""

from dataclasses import dataclass

from flask import url_for

from walkabout import json_text
from walkabout.web.pages.words import count, cut

WORDS = ("created", "changed", "deleted")


@dataclass(frozen=True)
class ChangedNode:
    """A node: what became of it, and its address; empty when it is gone."""

    label: str
    what: str
    url: str


@dataclass(frozen=True)
class Changed:
    """Counts in words, some of the nodes, and how many nodes are not among them."""

    words: str
    nodes: list[ChangedNode]
    more: int


def changes_of(text: str | None) -> Changed | None:
    """What the text of a run's changes says (see graph/summary.py); None: it changed nothing that is known of."""
    if text is None:
        return None
    told = json_text.load(text)
    parts = [
        f"{count(told[kind][what], noun)} {what}"
        for kind, noun in (("nodes", "node"), ("edges", "edge"))
        for what in WORDS
        if told[kind][what]
    ]
    nodes = [_node(one) for one in told["some"]]
    return Changed(", ".join(parts), nodes, sum(told["nodes"].values()) - len(nodes))


def _node(told: dict[str, str]) -> ChangedNode:
    is_gone = told["what"] == "deleted"
    label = f"{told['kind']} {told['name']}".strip()
    url = "" if is_gone else url_for("pages.graph", graph=told["graph"], node=told["uid"])
    return ChangedNode(cut(label, 80), told["what"], url)
