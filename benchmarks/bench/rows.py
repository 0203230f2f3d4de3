"""Files of rows: what every program of the benchmarks writes, and compare.py, the tables and the plots read.

A file is {"machine": {...}, "rows": [...]}. A row is one figure: a name in the fields NAME, a unit, and median, q1, q3.
"""

import json
from pathlib import Path

NAME = ("group", "data", "n", "items", "inputs", "work", "threads", "isa", "who", "unit")


def name(row):
    return tuple(row[field] for field in NAME)


def load(path):
    return json.loads(Path(path).read_text())


def save(path, machine, rows):
    """One line a row, so that a changed figure is one changed line."""
    head = json.dumps(machine, indent=2).replace("\n", "\n  ")
    body = ",\n    ".join(json.dumps(row) for row in rows)
    Path(path).write_text('{\n  "machine": ' + head + ',\n  "rows": [\n    ' + body + "\n  ]\n}\n")


def select(rows, **wanted):
    """The rows whose fields have these values."""
    return [row for row in rows if all(row.get(field) == value for field, value in wanted.items())]


def median(rows, **wanted):
    """The median of the one row that is wanted; None where there is none."""
    found = select(rows, **wanted)
    if len(found) > 1:
        raise ValueError(f"{len(found)} rows are {wanted}")
    return found[0]["median"] if found else None


def largest(rows, field, **wanted):
    """The largest value of a field among the rows; None where there is no row."""
    return max((row[field] for row in select(rows, **wanted)), default=None)
