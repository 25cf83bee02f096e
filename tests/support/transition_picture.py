"""The picture in docs/jobs.md: which transitions lead from which state to which, as the ledger declares them.
`python -m tests.support.transition_picture` draws it anew."""

from collections import defaultdict
from pathlib import Path

from walkabout.jobs.ledger import Ledger
from walkabout.jobs.transitions import transitions_of

PAGE = Path(__file__).parents[2] / "docs" / "jobs.md"
BEGIN, END = "<!-- picture: python -m tests.support.transition_picture -->\n", "<!-- end of the picture -->\n"


def drawn() -> str:
    """The picture of the ledger as it is now: a state diagram of Mermaid, which reads as a list, too."""
    arrows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in transitions_of(Ledger):
        for before in one.before or ("[*]",):
            for after in one.after:
                arrows[before, after].append(one.name)
    lines = [f"    {before} --> {after}: {', '.join(names)}\n" for (before, after), names in arrows.items()]
    return "".join(("```mermaid\n", "stateDiagram-v2\n", *lines, "```\n"))


def on_the_page() -> str:
    """The picture as the page has it."""
    return PAGE.read_text().partition(BEGIN)[2].partition(END)[0]


def renew() -> None:
    """Put the picture of the ledger as it is now into the page."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(before + BEGIN + drawn() + END + rest.partition(END)[2])


if __name__ == "__main__":
    renew()
