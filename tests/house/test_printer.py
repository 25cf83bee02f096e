"""What the launcher prints, and what a signal's handler says in the middle of it."""

from datetime import datetime

from honcho.printer import Message

from walkabout.launch import ReadyPrinter


class Interrupted:
    """An output on which the first write is interrupted by somebody who prints too."""

    def __init__(self) -> None:
        self.text = ""
        self.printer: ReadyPrinter | None = None

    def write(self, text: str) -> int:
        printer, self.printer = self.printer, None
        if printer is not None:
            printer.write(said("from the handler\n"))
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


def said(text: str) -> Message:
    return Message(type="line", data=text, time=datetime(2026, 1, 1), name="web", colour=None)


def test_a_print_that_is_interrupted_by_another_one_comes_first_and_whole() -> None:
    printer = ReadyPrinter(set(), "ready")
    printer.output = output = Interrupted()
    output.printer = printer
    printer.write(said("from the loop\n"))
    assert [line.rpartition("| ")[2] for line in output.text.splitlines()] == ["from the loop", "from the handler"]
