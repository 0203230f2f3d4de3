"""What one call shares with all others of the same signature: everything but addresses and numbers.

A signature is the dtype, shape and strides of each array, and the options that are words. A training loop has few of them,
so that a call mostly is a copy of what was prepared for one like it, with its own addresses filled in.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ._call import OUTPUTS, REST_OFFSETS, Call
from ._options import CUSTOM, NONE
from ._views import REST_SIZE, layout, row_major

Shape = tuple[int, ...]
ArraySignature = tuple[np.dtype[Any], Shape, Shape]
"""dtype, shape, strides"""


class Plan(NamedTuple):
    template: bytes
    """A Call without addresses."""
    new: list[tuple[str, Shape]]
    """The outputs that the caller has not given, and their shapes."""
    dtype: np.dtype[Any]
    """Their dtype."""


@lru_cache(maxsize=256)
def plan(
    inputs: tuple[str, ...],
    of_inputs: tuple[ArraySignature, ...],
    wanted: tuple[str, ...],
    given: tuple[str, ...],
    of_given: tuple[ArraySignature, ...],
    reduction: int,
    label_mode: int,
) -> Plan | None:
    """The plan of a call; None where C cannot read an input where it lies."""
    _check_names(wanted, reduction)
    template = bytearray(Call(reduction=reduction, label_mode=label_mode))
    signatures = dict(zip(inputs, of_inputs))
    for name, signature in signatures.items():
        if not _describe(template, name, signature):
            return None
    for name, signature in zip(given, of_given):
        if not _describe(template, name, signature):
            raise ValueError(
                f"out: {name!r} cannot be written to in this byte order, or with strides that are no whole items"
            )
    dtype = signatures["logits"][0]
    shapes = {name: shape[1] for name, shape in signatures.items()}
    new = [(name, _shape(name, reduction, shapes)) for name in dict.fromkeys(wanted) if name not in given]
    for name, shape in new:
        _describe(template, name, (dtype, shape, row_major(shape, dtype.itemsize)))
    return Plan(bytes(template), new, dtype)


def _describe(template: bytearray, name: str, signature: ArraySignature) -> bool:
    found = layout(name, *signature)
    if found is None:
        return False
    offset = REST_OFFSETS[name]
    template[offset : offset + REST_SIZE] = found
    return True


def _check_names(wanted: tuple[str, ...], reduction: int) -> None:
    for name in wanted:
        if name not in OUTPUTS:
            raise ValueError(f"outputs: {name!r} is none of {', '.join(OUTPUTS)}")
        if reduction == CUSTOM and name != "loss":
            raise ValueError(f"reduction: a function has no derivative, and {name} needs one; use 'mean', 'sum' or None")


def _shape(name: str, reduction: int, shapes: dict[str, Shape]) -> Shape:
    """The shape of an output. Where an input has an impossible shape, so may this; the library then refuses the input."""
    if name in ("loss", "jvp"):
        if reduction != NONE:
            return ()
        if "offsets" in shapes:
            return (max(math.prod(shapes["offsets"]) - 1, 0),)
        return shapes["logits"][:-1]
    if name == "grad_labels":
        return shapes["labels"]
    if name == "grad_weights":
        return shapes.get("weights", shapes["logits"])
    return shapes["logits"]
