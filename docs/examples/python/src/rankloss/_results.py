"""The arrays that a call writes: what they are called, their shapes, and those of the caller's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ._arrays import NumpyArray, as_array
from ._call import OUTPUTS
from ._options import CUSTOM, NONE
from ._views import Shape

# Gradients that have the shape of another input than the logits, if that is given.
_LIKE = {"grad_labels": "labels", "grad_weights": "weights"}


def check_name(name: str, reduction: int) -> None:
    if name not in OUTPUTS:
        raise ValueError(f"outputs: {name!r} is none of {', '.join(OUTPUTS)}")
    if reduction == CUSTOM and name != "loss":
        raise ValueError(f"reduction: a function has no derivative, and {name} needs one; use 'mean', 'sum' or None")


def shape(name: str, reduction: int, inputs: dict[str, NumpyArray]) -> Shape:
    """The shape of an output. Where an input has an impossible one, so may this; the library then refuses the input."""
    if name in ("loss", "jvp"):
        return _shape_of_losses(inputs) if reduction == NONE else ()
    like: Shape = inputs.get(_LIKE.get(name, "logits"), inputs["logits"]).shape
    return like


def _shape_of_losses(inputs: dict[str, NumpyArray]) -> Shape:
    if "offsets" in inputs:
        return (max(inputs["offsets"].size - 1, 0),)
    of_logits: Shape = inputs["logits"].shape
    return of_logits[:-1]


def writable(out: Mapping[str, Any]) -> dict[str, NumpyArray]:
    """Arrays of the caller's as those that results are written to; a copy of one would lose them."""
    arrays = {}
    for name, given in out.items():
        if not isinstance(given, np.ndarray) and not hasattr(given, "__dlpack__"):
            raise TypeError(f"out: {name!r} is a {type(given).__name__}, which is not an array that can be written to")
        arrays[name] = as_array(f"out[{name!r}]", given)
        if not arrays[name].flags.writeable:
            raise ValueError(f"out: {name!r} is read-only")
    return arrays
