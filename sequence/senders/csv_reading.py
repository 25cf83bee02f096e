"""Reads CSV (RFC 4180) as a list of objects whose keys are the first row's names. All values are texts."""

import csv
import io

from sequence.errors import StepError
from sequence.json_values import Json


def csv_value(text: str, delimiter: str, values: int) -> list[Json]:
    """The rows. Missing cells at a row's end are empty; a column without a name has its number, from 1, and a name that
    comes again gets one (`name_2`).

    Raises StepError for a row that has more cells than there are columns, and for more than `values` cells.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    names: list[str] | None = None
    found: list[Json] = []
    left = values
    try:
        for row in reader:
            left -= len(row)
            if left < 0:
                raise StepError(f"the response has more than {values} cells, the limit")
            if not row:
                continue
            if names is None:
                names = _names(row)
            else:
                found.append(_object(names, row, reader.line_num))
    except csv.Error as error:
        raise StepError(f"the response is no CSV: line {reader.line_num}: {error}") from None
    return found


def _names(row: list[str]) -> list[str]:
    names: dict[str, None] = {}
    for place, cell in enumerate(row, 1):
        base = name = cell.strip() or str(place)
        again = 1
        while name in names:
            again += 1
            name = f"{base}_{again}"
        names[name] = None
    return list(names)


def _object(names: list[str], row: list[str], line: int) -> Json:
    while len(row) > len(names) and not row[-1]:
        row.pop()
    if len(row) > len(names):
        raise StepError(f"the response is no CSV: line {line} has {len(row)} cells, and there are {len(names)} columns")
    return dict(zip(names, row + [""] * (len(names) - len(row)), strict=True))
