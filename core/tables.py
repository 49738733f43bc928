"""Writes tables as CSV that a spreadsheet opens without running anything in it."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

# What a spreadsheet takes for the beginning of a formula; some take the wide forms too.
FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The head and then each row, as lines of CSV, made one by one."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in chain([head], rows):
        writer.writerow([safe_cell(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def safe_cell(cell: object) -> object:
    """A text that would be taken for a formula gets an apostrophe before it; numbers stay numbers."""
    if isinstance(cell, str) and cell.startswith(FORMULA):
        return f"'{cell}"
    return cell
