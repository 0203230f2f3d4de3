"""What a call through the package costs above the same call of the C function by ctypes: prints microseconds, medians.

Each case is measured with one batch of four lists of eight items, again and again, and with 600 batches of which no
two have the same shape, as in training on ragged lists: 1 to 20 lists of 4 to 33 items, if ragged on average. All in
float32.
"""

import ctypes
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from unittest import mock

import numpy as np

import rankloss
from rankloss import _softmax
from rankloss._call import RESULT_OFFSET
from rankloss._library import library

SPELL, ROUNDS = 30, 60

Arguments = dict[str, Any]


def dense(num_lists: int, list_size: int, random: np.random.Generator) -> Arguments:
    return arrays((num_lists, list_size), random)


def ragged(num_lists: int, list_size: int, random: np.random.Generator) -> Arguments:
    num_items = num_lists * list_size
    cuts = np.sort(random.integers(0, num_items + 1, num_lists - 1))
    return {**arrays(num_items, random), "offsets": np.concatenate([[0], cuts, [num_items]])}


def arrays(shape: Any, random: np.random.Generator) -> Arguments:
    return {
        "logits": random.standard_normal(shape, np.float32),
        "labels": random.random(shape, np.float32),
        "where": random.random(shape) < 0.8,
        "weights": random.random(shape, np.float32),
    }


def prepared(arguments: Arguments) -> Callable[[], None]:
    """The call of C alone that rankloss.compute() makes of the arguments."""
    calls: list[Any] = []
    with mock.patch.object(_softmax, "_run", calls.append):
        results = rankloss.compute(**arguments)
    place = ctypes.addressof(calls[0])

    def run(keep: Any = (calls, results, arguments)) -> None:
        library.rankloss_softmax(place, place + RESULT_OFFSET)

    return run


def microseconds(calls: Sequence[Callable[[], Any]]) -> float:
    begin = time.perf_counter()
    for call in calls:
        call()
    return (time.perf_counter() - begin) / len(calls) * 1e6


def show(name: str, batches: list[Arguments]) -> None:
    """In many short spells, the package and C in turn, since other programs run on the same cores."""
    package = [partial(rankloss.compute, **batch) for batch in batches]
    c = [prepared(batch) for batch in batches]
    spells = []
    for first in list(range(0, len(batches), SPELL)) * ROUNDS:
        spell = slice(first, first + SPELL)
        microseconds(c[spell])  # brings the numbers into the caches, for both
        spells.append((microseconds(package[spell]), microseconds(c[spell])))
    of_package, of_c, above = map(statistics.median, zip(*[(a, b, a - b) for a, b in spells]))
    print(f"{name:50}  {of_package:7.2f}  {of_c:12.2f}  {above:5.2f}")


def main() -> None:
    random = np.random.default_rng(1)
    shapes = [(num_lists, list_size) for num_lists in range(1, 21) for list_size in range(4, 34)]
    options = {
        "the loss": (("loss",), ("logits", "labels", "offsets")),
        "loss and gradient": (("loss", "grad_logits"), ("logits", "labels", "offsets")),
        "with a mask and weights": (("loss", "grad_logits"), ("logits", "labels", "where", "weights", "offsets")),
    }
    print(f"{'microseconds':50}  package  ctypes and C  above")
    for kind in (dense, ragged):
        one, new = [kind(4, 8, random)] * len(shapes), [kind(*shape, random) for shape in shapes]
        for name, (outputs, names) in options.items():
            for which, batches in (("one shape", one), ("ever new shapes", new)):
                calls = [{key: batch[key] for key in names if key in batch} | {"outputs": outputs} for batch in batches]
                show(f"{kind.__name__}, {name}, {which}", calls)


if __name__ == "__main__":
    main()
