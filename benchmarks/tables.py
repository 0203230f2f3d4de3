#!/usr/bin/env python3
"""Writes the tables of docs/performance.md from a file of rows.

    benchmarks/tables.py benchmarks/baseline/KIND.json docs/performance.md

What stands between <!-- begin: NAME --> and <!-- end: NAME --> is replaced by the table of that name; everything else
is left alone. A figure that the rows do not have is a dash.
"""

import argparse
import re
from pathlib import Path

from bench import rows
from bench import tables

BLOCK = re.compile(r"(<!-- begin: (\S+) -->\n).*?(<!-- end: \2 -->)", re.DOTALL)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="NAME,...", help="these tables alone")
    parser.add_argument("rows")
    parser.add_argument("document")
    return parser.parse_args()


def main():
    arguments = parse()
    data = rows.load(arguments.rows)
    document = Path(arguments.document)
    only = arguments.only.split(",") if arguments.only else tables.TABLES

    def fill(block):
        begin, name, end = block.groups()
        if name not in tables.TABLES:
            raise SystemExit(f"{document}: there is no table {name}; there are {', '.join(tables.TABLES)}")
        if name not in only:
            return block.group()
        return f"{begin}{tables.TABLES[name](data)}\n{end}"

    document.write_text(BLOCK.sub(fill, document.read_text()))


if __name__ == "__main__":
    main()
