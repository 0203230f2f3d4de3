"""The words of the options, and the numbers that the C library has for them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Literal

from ._arrays import NumpyArray
from ._error import OPTION, RankLossError

MEAN, SUM, NONE, CUSTOM = range(4)

Reduction = Literal["mean", "sum", "none"] | Callable[[NumpyArray, NumpyArray], float] | None
LabelMode = Literal["raw", "sum_to_one", "softmax"]

_REDUCTIONS = {"mean": MEAN, "sum": SUM, "none": NONE, None: NONE}
_LABEL_MODES = {"raw": 0, "sum_to_one": 1, "softmax": 2}


def reduction_code(reduction: Any) -> int:
    try:
        return _REDUCTIONS[reduction]
    except (KeyError, TypeError):
        if callable(reduction):
            return CUSTOM
        raise ValueError(f"reduction: {reduction!r} is none of 'mean', 'sum', 'none', None, and is not a function") from None


def label_mode_code(label_mode: Any) -> int:
    try:
        return _LABEL_MODES[label_mode]
    except (KeyError, TypeError):
        raise ValueError(f"label_mode: {label_mode!r} is none of 'raw', 'sum_to_one', 'softmax'") from None


def positive(name: str, value: Any) -> float:
    """A number that the library takes as it is, except that its 0 stands for a default, which Python writes otherwise."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name}: {value!r} is not a number") from None
    if number == 0:
        raise RankLossError(f"{name}: 0 is not positive", OPTION)
    return number


def threads(num_threads: Any) -> int:
    try:
        number = operator.index(num_threads)
    except TypeError:
        raise TypeError(f"num_threads: {num_threads!r} is not an integer") from None
    if not -(2**31) <= number < 2**31:
        raise RankLossError(f"num_threads: {number} is not a number of threads", OPTION)
    return number
