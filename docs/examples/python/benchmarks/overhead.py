"""What a call through the package costs above the call of the C function that it makes: prints microseconds."""

import ctypes
import timeit
from unittest import mock

import numpy as np

import rankloss
from rankloss import _softmax
from rankloss._call import RESULT_OFFSET
from rankloss._library import library
from rankloss._plan import plan

GRADIENT = {"outputs": ("loss", "grad_logits")}


def fastest(*functions):
    """Of many short spells, in turn, since other programs run on the same cores."""
    timers = [timeit.Timer(function) for function in functions]
    spells = [[timer.timeit(50) for timer in timers] for _ in range(2000)]
    return [min(times) / 50 * 1e6 for times in zip(*spells)]


def prepared(**arguments):
    """The call of C alone that rankloss.compute() makes of the arguments."""
    calls = []
    with mock.patch.object(_softmax, "_run", calls.append):
        results = rankloss.compute(**arguments)
    place = ctypes.addressof(calls[0])

    def run(keep=(calls, results, arguments)):
        library.rankloss_softmax(place, place + RESULT_OFFSET)

    return run


def compute_anew(**arguments):
    """As if no call before had had the shapes of these."""
    plan.cache_clear()
    return rankloss.compute(**arguments)


def show(name, compute, arguments):
    package, c = fastest(lambda: compute(**arguments), prepared(**arguments))
    print(f"{name:40}  {package:7.2f}  {c:12.2f}  {package - c:5.2f}")


def main():
    random = np.random.default_rng(1)
    logits, labels = random.standard_normal((4, 8), np.float32), random.random((4, 8), np.float32)
    where, weights = random.random((4, 8)) < 0.8, random.random((4, 8), np.float32)
    calls = {
        "the loss": {"outputs": ("loss",)},
        "loss and gradient": GRADIENT,
        "with a mask and weights": {**GRADIENT, "where": where, "weights": weights},
    }
    print(f"{'four lists of eight items, microseconds':40}  package  ctypes and C  above")
    for name, options in calls.items():
        show(name, rankloss.compute, {"logits": logits, "labels": labels, **options})
    show("loss and gradient, shapes not seen before", compute_anew, {"logits": logits, "labels": labels, **GRADIENT})


if __name__ == "__main__":
    main()
