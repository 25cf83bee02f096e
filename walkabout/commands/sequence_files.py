"""Reads a sequence from a file, with the files that its blocks name put in their places."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

import sequence

FILES_MOST = 100  # files of one sequence, each time that one is put in


class BadFile(Exception):
    """A file that holds nothing that can run; the text begins with its name and the place in it."""


@dataclass
class SequenceFile:
    """A sequence, the file that it stands in, and those of its blocks, each by the path at which it was put in."""

    file: Path
    document: sequence.Document
    parts: dict[str, tuple[Path, sequence.Document]] = field(default_factory=dict)

    @property
    def value(self) -> Any:
        """The sequence, without files."""
        return self.document.value

    def line(self, problem: sequence.Problem) -> str:
        """A problem as `file:line:column: path: what is wrong`, the file being the one in which it stands."""
        within = [path for path in self.parts if problem.path.startswith((f"{path}.", f"{path}["))]
        prefix = max(within, key=len, default="")
        file, document = self.parts[prefix] if prefix else (self.file, self.document)
        line, column = document.place(problem.path[len(prefix) :].lstrip("."))
        return f"{file}:{line}:{column}: {problem}"

    def warnings(self) -> list[str]:
        """What was left out of the files, as `line` says it."""
        told = [self.line(warning) for warning in self.document.warnings]
        for prefix, (_, document) in self.parts.items():
            for warning in document.warnings:
                dot = "" if warning.path.startswith("[") else "."
                told.append(self.line(sequence.Problem(f"{prefix}{dot}{warning.path}", warning.message)))
        return told


def read_sequence(file: Path) -> SequenceFile:
    """The sequence in a file (`-`: what is typed). A block that is a text names a file, relative to the one that it
    stands in, and below that of the sequence or the working directory. Raises BadFile."""
    whole = SequenceFile(file, read_document(file))
    folders = [Path.cwd().resolve(), *([file.resolve().parent] if str(file) != "-" else [])]
    _Filler(whole, folders).fill(whole.value, "", [file])
    return whole


def read_document(file: Path) -> sequence.Document:
    """The JSON of a file. Raises BadFile."""
    try:
        with click.open_file(str(file), encoding="utf-8") as opened:
            return sequence.read(opened.read())
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"{file}:1:1: can't be read: {getattr(error, 'strerror', None) or error}") from None
    except sequence.BadText as error:
        raise BadFile(f"{file}:{error}") from None


class _Filler:
    def __init__(self, whole: SequenceFile, folders: list[Path]) -> None:
        self.whole = whole
        self.folders = folders

    def fill(self, holder: Any, prefix: str, within: list[Path]) -> None:
        """Puts the blocks of `holder` in, which stands at a path, in the last of some files that name each other."""
        found = holder.get("blocks") if isinstance(holder, dict) else None
        blocks: dict[str, Any] = found if isinstance(found, dict) else {}
        for name, given in blocks.items():
            path = f"{prefix}.blocks.{name}" if prefix else f"blocks.{name}"
            if isinstance(given, str):
                given = blocks[name] = self._read(given, path, within)
                file, _ = self.whole.parts[path]
                self.fill(given, path, [*within, file])
            else:
                self.fill(given, path, within)

    def _read(self, given: str, path: str, within: list[Path]) -> Any:
        file = Path(given) if str(within[-1]) == "-" else within[-1].parent / given
        resolved = file.resolve()
        if not any(resolved.is_relative_to(folder) for folder in self.folders):
            raise self._bad(path, f"{given} leads out of the sequence's folder and the working directory")
        if resolved in [one.resolve() for one in within]:
            raise self._bad(path, f"the files name each other in a circle: {' -> '.join(map(str, [*within, file]))}")
        if len(self.whole.parts) >= FILES_MOST:
            raise self._bad(path, f"a sequence has at most {FILES_MOST} files")
        document = read_document(file)
        self.whole.parts[path] = (file, document)
        if isinstance(document.value, dict):
            # Of a whole sequence that is used as a block, this counts.
            kept = ("requests", "blocks", "defaults")
            return {name: value for name, value in document.value.items() if name in kept}
        return document.value

    def _bad(self, path: str, message: str) -> BadFile:
        return BadFile(self.whole.line(sequence.Problem(path, message)))
