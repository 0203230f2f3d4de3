"""Arrays as the C library sees them: the struct rankloss_array, which is an address and what lies behind it."""

from __future__ import annotations

import ctypes
import struct
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from ._arrays import NumpyArray

_MAX_NDIM = 8
_ARRAY = struct.Struct(f"@P2i{_MAX_NDIM}q{_MAX_NDIM}q")
_ADDRESS_SIZE = struct.calcsize("@P")
REST_SIZE = _ARRAY.size - _ADDRESS_SIZE

# rankloss_dtype
_CODES = {
    "float32": 1,
    "float64": 2,
    "float16": 3,
    "bfloat16": 4,
    "int8": 5,
    "int16": 6,
    "int32": 7,
    "int64": 8,
    "uint8": 9,
    "uint16": 10,
    "uint32": 11,
    "uint64": 12,
    "bool": 13,
}


def layout(name: str, dtype: np.dtype[Any], shape: tuple[int, ...], strides: tuple[int, ...]) -> bytes | None:
    """What lies behind the address of an array. None where the library could only use a copy of it.

    `name` is the argument's, for the words of the TypeError where the library does not have the dtype.
    """
    code, size = _item(dtype)
    if code is None:
        raise TypeError(
            f"{name}: dtype {dtype} is none of float16, bfloat16, float32, float64, bool, and the integers of 8 to 64 bits"
        )
    # NumPy says nothing of the strides of axes that are never walked along.
    steps = [stride if extent > 1 else 0 for extent, stride in zip(shape, strides)]
    if not size or any(step % size for step in steps):
        return None
    # More axes than there is room for are counted, and the library refuses them in words.
    axes = min(len(shape), _MAX_NDIM)
    unused = (0,) * (_MAX_NDIM - axes)
    items = [step // size for step in steps[:axes]]
    return _ARRAY.pack(0, code, len(shape), *shape[:axes], *unused, *items, *unused)[_ADDRESS_SIZE:]


@lru_cache(maxsize=64)
def _item(dtype: np.dtype[Any]) -> tuple[int | None, int]:
    """The library's dtype, None where it has none, and the bytes of an item, 0 where they come in a foreign order."""
    return _CODES.get(dtype.name), dtype.itemsize if dtype.isnative else 0


def row_major(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """The strides of a new array."""
    strides = []
    for extent in reversed(shape):
        strides.append(size)
        size *= extent
    return tuple(reversed(strides))


def copied(array: NumpyArray) -> NumpyArray:
    """A copy that the library can read."""
    return np.array(array, dtype=array.dtype.newbyteorder("="), order="C", copy=True)


def packed(name: str, array: NumpyArray) -> bytes:
    """The whole rankloss_array of an array that the library can use where it lies, for functions that take one."""
    rest = layout(name, array.dtype, array.shape, array.strides)
    assert rest is not None
    return address(array).to_bytes(_ADDRESS_SIZE, sys.byteorder) + rest


def readable(name: str, array: NumpyArray) -> NumpyArray:
    """The array itself, or a copy where the library cannot read it where it lies."""
    found = layout(name, array.dtype, array.shape, array.strides)
    return array if found is not None and array.flags.aligned else copied(array)


def _slow_address(array: NumpyArray) -> int:
    return array.ctypes.data


def _fast_address(array: NumpyArray) -> int:
    return _word_at(id(array) + _HEADER_SIZE).value


_word_at = ctypes.c_size_t.from_address
_HEADER_SIZE = object.__basicsize__


def _choose_address() -> Callable[[NumpyArray], int]:
    """How to find where an array's items lie.

    NumPy builds an object or a dictionary for each question, which takes longer than all else that is done for an array.
    But its ABI has the address right behind the header that every object of CPython has.
    """
    if sys.implementation.name == "cpython":
        example = np.zeros(3)[1:]
        if _fast_address(example) == _slow_address(example):
            return _fast_address
    return _slow_address


address = _choose_address()
