#!/usr/bin/env python3
"""The library beside JAX, PyTorch, NumPy and numba: the same work, in one process, in turn.

    benchmarks/peers.py --library build/benchmarks/librankloss.so --json peers.json

installs what it needs into build/benchmarks-python (requirements.txt), starts itself again there, checks every answer
against float64 NumPy and prints nanoseconds an item and how many times faster the library is.
"""

import argparse
import importlib
import os
import sys
from pathlib import Path

from bench import environment

PEERS = ("jax_", "torch_", "torch_compiled", "numpy_", "numba_")
SIZES = (8, 32, 128, 1000, 10000, 131072)
MILLION = 1 << 20

# In units of the scale of the answer: ours is float32 within its bars, peers sum long lists in float32.
OURS, THEIRS = 5e-7, 1e-2


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", required=True, help="librankloss.so")
    parser.add_argument("--json", help="write the rows there")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=2.0, help="fewer rounds where a batch takes longer")
    parser.add_argument("--batches", default="small,million,large,mslr", help="which, with commas between")
    parser.add_argument("--peers", default=",".join(PEERS), help="which, with commas between")
    parser.add_argument("--environment", default=environment.DEFAULT_FOLDER, help="folder of the Python packages")
    return parser.parse_args()


def limit_threads(threads):
    """Before the packages are loaded: their runtimes read this once."""
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[variable] = str(threads)
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(Path(sys.prefix) / "compiled"))
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def batches_of(names):
    """(batch, works) one after another; made when they are asked for, since the large ones take memory."""
    from bench import batches

    if "small" in names:
        for n in SIZES:
            if n <= 1 << 16:
                yield batches.dense(n, 1 << 16), ("loss", "gradient")
    if "million" in names:
        for n in SIZES:
            yield batches.dense(n, MILLION), ("loss", "gradient")
    if "large" in names:
        for n in SIZES:
            yield batches.dense(n, 16 * MILLION), ("loss", "gradient")
    if "mslr" in names:
        yield batches.mslr(), ("loss", "gradient", "hessian")


def prepare(library, peers, batch, work, threads):
    """{who: call}, each checked."""
    from bench import batches

    calls = {"rankloss": library.prepare(batch, work, threads)}
    for peer in peers:
        # Half a minute of NumPy on large batches tells nothing new.
        if peer.NAME == "numpy" and batch.n and batch.items > MILLION:
            continue
        call = peer.prepare(batch, work, threads)
        if call is not None:
            calls[peer.NAME] = call
    for who, call in calls.items():
        batches.check(who, batch, call(), OURS if who == "rankloss" else THEIRS)
    return calls


def rows_of(library, batch, work, threads, timings):
    for who, (q1, median, q3) in timings.items():
        yield {
            "group": "peers",
            "data": batch.name,
            "n": batch.n,
            "items": batch.items,
            "inputs": "plain" if batch.n else "i32-labels",
            "work": work,
            "threads": threads,
            "isa": library.isa if who == "rankloss" else "native",
            "who": who,
            "unit": "ns/item",
            **{key: round(1e9 * value / batch.items, 5) for key, value in
               (("median", median), ("q1", q1), ("q3", q3))},
        }


def print_rows(rows):
    ours = rows[0]["median"]
    for row in rows:
        times = f"{row['median'] / ours:8.2f}x" if row["who"] != "rankloss" else ""
        print(
            f"{row['data']:6} {row['n']:7} {row['items']:9} {row['work']:9} {row['who']:15} {row['median']:9.3f} "
            f"{row['q1']:9.3f}-{row['q3']:9.3f} {times}",
            flush=True,
        )


def describe(library, peers):
    versions = {peer: importlib.import_module(peer).__version__ for peer in ("jax", "torch", "numpy", "numba")}
    return {"version": library.version, "isa": library.isa, "peers": versions}


def main():
    arguments = parse()
    environment.enter(arguments.environment)
    limit_threads(arguments.threads)

    from bench import measure, quiet, rows
    from bench.library import Library

    # First, so that its OpenMP runtime is the system's and not one that a package brings.
    library = Library(arguments.library)
    peers = [importlib.import_module(f"bench.peers.{name}") for name in arguments.peers.split(",") if name]
    machine = describe(library, peers)
    print(f"RankLoss {library.version}, isa {library.isa}, {arguments.threads} threads;", machine["peers"])
    print("ns/item: median, quartiles; how many times the library's time\n")

    found = []
    for batch, works in batches_of(arguments.batches.split(",")):
        for work in works:
            calls = prepare(library, peers, batch, work, arguments.threads)
            timings, disturbed = quiet.measure_quietly(
                lambda: measure.measure(calls, arguments.rounds, arguments.seconds)
            )
            new = [
                {**row, "disturbed": int(disturbed)}
                for row in rows_of(library, batch, work, arguments.threads, timings)
            ]
            if disturbed:
                print("the next rows are disturbed: other processes were busy")
            print_rows(new)
            found += new
    if arguments.json:
        rows.save(arguments.json, machine, found)


if __name__ == "__main__":
    main()
