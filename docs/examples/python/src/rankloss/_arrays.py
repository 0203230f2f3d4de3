"""What a caller may give as an array, as a NumPy array: without a copy wherever there is memory to look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from ._dlpack import from_dlpack

NumpyArray = np.ndarray[Any, Any]


class DLPackTensor(Protocol):
    """A tensor of another library, such as PyTorch or JAX."""

    def __dlpack__(self) -> Any: ...

    def __dlpack_device__(self) -> Any: ...


Array = ArrayLike | DLPackTensor
"""An argument that is an array: NumPy's, a tensor in CPU memory, or a number or nested lists of numbers."""


def as_array(name: str, value: Any) -> NumpyArray:
    """The argument `name` as an array."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name}: the mask of a masked array is not read; pass its data, and its mask inverted as where")
    if isinstance(value, np.ndarray):
        return np.asarray(value)
    if hasattr(value, "__dlpack__") and not isinstance(value, np.generic):
        return from_dlpack(name, value)
    if hasattr(value, "__array__") and not isinstance(value, np.generic):
        return np.asarray(value)
    of_list: Callable[[Any], NumpyArray] = _OF_LISTS.get(name, np.asarray)
    try:
        return of_list(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {error}") from error


def _floats(value: Any) -> NumpyArray:
    """An array of lists that stand for floating-point numbers, though they may be written as integers."""
    array = np.asarray(value)
    return array.astype(np.float64) if array.dtype.kind in "iub" else array


def _mask(value: Any) -> NumpyArray:
    """An array of lists that say yes or no."""
    return np.asarray(value, dtype=np.bool_)


def _integers(value: Any) -> NumpyArray:
    """An array of lists of integers; an empty one has them too, though it does not show."""
    array = np.asarray(value)
    return array if array.size else array.astype(np.int64)


# What lists and numbers become, which have no dtype of their own.
_OF_LISTS: dict[str, Callable[[Any], NumpyArray]] = {
    "logits": _floats,
    "where": _mask,
    "bias": _floats,
    "offsets": _integers,
    "cotangent": _floats,
    "tangent": _floats,
    "sizes": _integers,
    "ids": _integers,
}
