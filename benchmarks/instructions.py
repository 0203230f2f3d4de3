#!/usr/bin/env python3
"""Instructions an item takes, counted by valgrind's callgrind: a figure without noise, for regressions.

    benchmarks/instructions.py --program build/benchmarks/benchmarks/bench_once --json instructions.json

Each figure is the difference of two runs of bench_once that differ in the number of calls alone, so that loading,
making the data and the first call cancel. valgrind runs what it can decode: valgrind 3.19 has no AVX-512, so that
the kernels for it are not counted there, and the output says so. One thread.
"""

import argparse
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from bench import rows

ISAS = ("portable", "avx2", "avx512", "neon")
SIZES = (1, 8, 32, 128, 1000, 10000, 0)
WORKS = ("loss", "gradient", "hessian")

# Enough lists for a mixture of paths, few enough for valgrind, which is some fifty times slower than the processor.
ITEMS = 20000
CALLS = (1, 3)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="bench_once")
    parser.add_argument("--json", help="write the rows there")
    return parser.parse_args()


def isa_in_use(program, isa, *, under=()):
    """What the library uses when it is asked for isa; None where the run fails."""
    result = subprocess.run(
        [*under, program, "8", "64", "gradient", "1"],
        env={**os.environ, "RANKLOSS_ISA": isa},
        capture_output=True,
        text=True,
    )
    return result.stdout.split()[0] if result.returncode == 0 else None


def count(program, isa, n, work, calls, folder):
    """Instructions of one run, and items of its batch."""
    output = Path(folder) / "callgrind.out"
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={output}", "--collect-jumps=no"]
    command += [program, str(n), str(ITEMS), work, str(calls)]
    environment = {**os.environ, "RANKLOSS_ISA": isa, "OMP_NUM_THREADS": "1"}
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{result.stderr}")
    total = re.search(r"^(?:summary|totals): (\d+)", output.read_text(), re.MULTILINE)
    return int(total.group(1)), int(result.stdout.split()[1])


def row_of(isa, n, items, work, figure):
    return {
        "group": "instructions",
        "data": "dense" if n else "tiny",
        "n": n,
        "items": items,
        "inputs": "plain",
        "work": work,
        "threads": 1,
        "isa": isa,
        "who": "rankloss",
        "unit": "instructions/item",
        **dict.fromkeys(("median", "q1", "q3"), round(figure, 3)),
    }


def count_isa(program, isa, folder):
    for n in SIZES:
        for work in WORKS:
            few, items = count(program, isa, n, work, CALLS[0], folder)
            more, _ = count(program, isa, n, work, CALLS[1], folder)
            figure = (more - few) / (CALLS[1] - CALLS[0]) / items
            print(f"{isa:9} {n or 'tiny':>7} {work:9} {figure:10.2f}", flush=True)
            yield row_of(isa, n, items, work, figure)


def countable(program, isa):
    """Whether the instruction set can be counted here; where not, the reason is printed."""
    if isa_in_use(program, isa) != isa:
        print(f"{isa:9} not counted: this build or processor does not have it")
        return False
    if isa_in_use(program, isa, under=("valgrind", "-q")) != isa:
        print(f"{isa:9} not counted: this valgrind does not decode it")
        return False
    return True


def main():
    arguments = parse()
    if shutil.which("valgrind") is None:
        raise SystemExit("valgrind is not installed")
    found, missing = [], []
    print(f"instructions an item, by callgrind\n\n{'isa':9} {'n':>7} {'work':9} {'':>10}")
    with tempfile.TemporaryDirectory() as folder:
        for isa in ISAS:
            if countable(arguments.program, isa):
                found += count_isa(arguments.program, isa, folder)
            else:
                missing.append(isa)
    if arguments.json:
        rows.save(arguments.json, {"not_counted": missing}, found)


if __name__ == "__main__":
    main()
