#!/usr/bin/env python3
"""Puts files of rows together into one: the baseline of a kind of machine.

    benchmarks/merge.py --output all.json softmax.json peers.json team:passive=team.json

What the files say of the machine is put together, the first file's word first. LABEL=FILE renames the groups of a file
to LABEL, so that the same group can come from runs under different conditions.
"""

import argparse

from bench import rows


def load(text):
    label, separator, path = text.rpartition("=")
    data = rows.load(path)
    if separator:
        data["rows"] = [{**row, "group": label} for row in data["rows"]]
    return data


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    machine, found = {}, {}
    for data in map(load, arguments.files):
        machine = {**data["machine"], **machine}
        for row in data["rows"]:
            if rows.name(row) in found:
                raise SystemExit(f"two rows of one name: {rows.name(row)}")
            found[rows.name(row)] = row
    rows.save(arguments.output, machine, found.values())


if __name__ == "__main__":
    main()
