#!/usr/bin/env python3
"""Judges two files of rows: what became faster or slower, beyond the noise.

    benchmarks/compare.py benchmarks/baseline/KIND.json build/benchmarks/results/all.json

A row is slower where its median is larger by more than the threshold and its quartiles do not touch those of before;
faster likewise. A row that either run marks as disturbed is never judged. The exit status is 1 where a row is
slower, and 2 where none was judged.
"""

import argparse
import collections
import sys

from bench import rows

LINE = "{:9} {:>6} {:>10} {:>21} {:>10} {:>21}  {}"


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--threshold", type=float, default=0.10, help="part of the time that counts (0.10)")
    parser.add_argument(
        "--threshold-instructions", type=float, default=0.01, help="the same for counts of instructions (0.01)"
    )
    parser.add_argument("--group", help="only these groups, with commas between")
    parser.add_argument("--who", default="rankloss", help="whose rows, with commas between; all: everybody's")
    parser.add_argument("--changed", action="store_true", help="leave out the rows that are the same")
    return parser.parse_args()


def verdict(before, after, threshold):
    """One of faster, slower, same, disturbed."""
    if before.get("disturbed") or after.get("disturbed"):
        return "disturbed"
    ratio = after["median"] / before["median"]
    if ratio > 1 + threshold and after["q1"] > before["q3"]:
        return "slower"
    if ratio < 1 / (1 + threshold) and after["q3"] < before["q1"]:
        return "faster"
    return "same"


def wanted(row, arguments):
    if arguments.who != "all" and row["who"] not in arguments.who.split(","):
        return False
    return not arguments.group or row["group"] in arguments.group.split(",")


def print_row(before, after, result):
    figures = [f"{after['median'] / before['median']:.2f}"]
    for row in (before, after):
        figures += [f"{row['median']:.3f}", f"{row['q1']:.3f}-{row['q3']:.3f}"]
    print(LINE.format(result, *figures, " ".join(map(str, rows.name(after)))))


def warn_of_other_machine(before, after):
    for field in ("kind", "compiler", "flags", "threads"):
        if before.get(field) != after.get(field):
            print(f"not the same {field}: {before.get(field)} | {after.get(field)}")


def main():
    arguments = parse()
    before, after = rows.load(arguments.before), rows.load(arguments.after)
    warn_of_other_machine(before["machine"], after["machine"])
    known = {rows.name(row): row for row in before["rows"]}
    counts = collections.Counter()
    print(LINE.format("verdict", "ratio", "before", "quartiles", "after", "quartiles", "row"))
    for row in after["rows"]:
        if not wanted(row, arguments):
            continue
        old = known.get(rows.name(row))
        if old is None:
            counts["new"] += 1
            continue
        is_count = row["unit"] == "instructions/item"
        result = verdict(old, row, arguments.threshold_instructions if is_count else arguments.threshold)
        counts[result] += 1
        if result != "same" or not arguments.changed:
            print_row(old, row, result)
    gone = {name for name, row in known.items() if wanted(row, arguments)} - {rows.name(row) for row in after["rows"]}
    counts["gone"] = len(gone)
    print(", ".join(f"{count} {result}" for result, count in sorted(counts.items()) if count))
    if not any(count for result, count in counts.items() if result not in ("new", "gone", "disturbed")):
        print("no row was judged")
        return 2
    return 1 if counts["slower"] else 0


if __name__ == "__main__":
    sys.exit(main())
