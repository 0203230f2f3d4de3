#!/usr/bin/env python3
"""How far off the float32 losses of lists are, here and in JAX, PyTorch and NumPy, over how far one item leads.

    benchmarks/errors.py --library build/benchmarks/librankloss.so --json errors.json

Each list has one relevant item, whose score is the largest of the others plus a lead. The exact loss of the very floats
that all are given is the log1p of a sum over the others, in long double. Errors are in units of the last place of a float;
a row has the largest of the lists, and the quartiles. Needs what peers.py needs, and is as free of noise as a count.
"""

import argparse

from bench import environment

LEADS = range(-6, 21)
LISTS, SIZE = 500, 100


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", required=True, help="librankloss.so")
    parser.add_argument("--json", help="write the rows there")
    parser.add_argument("--environment", default=environment.DEFAULT_FOLDER, help="folder of the Python packages")
    return parser.parse_args()


def draw(lead):
    """(logits, labels): item 0 is the relevant one."""
    random = np.random.default_rng(1)
    logits = 2 * random.standard_normal((LISTS, SIZE), dtype=np.float32)
    logits[:, 0] = logits[:, 1:].max(axis=1) + np.float32(lead)
    labels = np.zeros_like(logits)
    labels[:, 0] = 1
    return logits, labels


def exact(logits):
    """log(sum exp(s)) - s_0 is log1p(sum over the others of exp(s - s_0)), of which nothing cancels."""
    wide = logits.astype(np.longdouble)
    return np.log1p(np.exp(wide[:, 1:] - wide[:, :1]).sum(axis=1))


# --- Who computes -----------------------------------------------------------------------------------------------------


def of_jax(logits, labels):
    return jax.jit(lambda s, y: optax.losses.ranking_softmax_loss(s, y, reduce_fn=None))(logits, labels)


def of_torch(logits, labels):
    return torch.nn.functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(labels), reduction="none")


def of_numpy(logits, labels):
    x = logits - logits.max(axis=1, keepdims=True)
    return -(labels * (x - np.log(np.exp(x).sum(axis=1, keepdims=True)))).sum(axis=1)


def rows_of(library):
    for lead in LEADS:
        logits, labels = draw(lead)
        expected = exact(logits)
        place = np.spacing(expected.astype(np.float32)).astype(np.longdouble)
        for who, losses in {"rankloss": library.losses, "jax": of_jax, "torch": of_torch, "numpy": of_numpy}.items():
            error = np.abs(np.asarray(losses(logits, labels), np.float32).astype(np.longdouble) - expected) / place
            q1, median, q3, largest = (round(float(np.quantile(error, at)), 4) for at in (0.25, 0.5, 0.75, 1))
            yield {"group": "errors", "data": "lead", "n": SIZE, "items": LISTS * SIZE, "inputs": str(lead), "work": "loss",
                   "threads": 1, "isa": library.isa if who == "rankloss" else "native", "who": who, "unit": "last places",
                   "median": median, "q1": q1, "q3": q3, "largest": largest}


def main():
    arguments = parse()
    environment.enter(arguments.environment)

    global jax, np, optax, torch
    import jax
    import numpy as np
    import optax
    import torch

    from bench import rows
    from bench.library import Library

    library = Library(arguments.library)
    found = list(rows_of(library))
    for row in found:
        print(f"lead {row['inputs']:>3}  {row['who']:9} {row['median']:14.4f} {row['largest']:14.4f}")
    if arguments.json:
        versions = {peer.__name__: peer.__version__ for peer in (jax, torch, np)}
        rows.save(arguments.json, {"version": library.version, "isa": library.isa, "peers": versions}, found)


if __name__ == "__main__":
    main()
