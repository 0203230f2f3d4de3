"""Arrays as the C library sees them: the struct rankloss_array."""

from __future__ import annotations

import ctypes
import struct
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy import ndarray

from ._arrays import NumpyArray, as_array

Shape = tuple[int, ...]

_MAX_NDIM = 8
_NDIM_OFFSET = struct.calcsize("@Pi")
ARRAY_SIZE = struct.calcsize(f"@P2i{2 * _MAX_NDIM}q")

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
_KNOWN = "float16, bfloat16, float32, float64, bool, and the integers of 8 to 64 bits"


class _Codes(dict[np.dtype[Any], int]):
    """The codes of the dtypes that have been met, whose names take long; 0 for items in a foreign byte order."""

    def __missing__(self, dtype: np.dtype[Any]) -> int:
        code = _CODES[dtype.name]
        self[dtype] = code if dtype.isnative else 0
        return self[dtype]


_codes = _Codes()
_write = struct.Struct(f"@Pi{ARRAY_SIZE - _NDIM_OFFSET}s").pack_into


def write_views(memory: Any, offsets: dict[str, int], arrays: dict[str, Any]) -> list[str]:
    """Writes the rankloss_array of each array to memory. What is no array yet is replaced by one, which has to be kept.

    Returns the names of those of which the library could only use a copy. A misaligned one is written all the same: the
    library refuses it in words. TypeError: the library does not have the dtype.
    """
    unusable = []
    # For every array of every call, so that little is left to functions of Python.
    for name, array in arrays.items():
        if type(array) is not ndarray:
            array = arrays[name] = as_array(name, array)
        try:
            code = _codes[array.dtype]
        except KeyError:
            raise TypeError(f"{name}: dtype {array.dtype} is none of {_KNOWN}") from None
        flags = array.flags
        layout = _row_major(array.shape) if flags.c_contiguous else _strided(array.shape, array.strides, array.itemsize)
        if code and layout:
            _write(memory, offsets[name], address(array), code, layout)
            if flags.aligned:
                continue
        unusable.append(name)
    return unusable


def write_inputs(memory: Any, offsets: dict[str, int], inputs: dict[str, Any]) -> None:
    """Writes the rankloss_array of each input. Where the library can only use a copy, that takes the input's place."""
    names = write_views(memory, offsets, inputs)
    if names:
        copies = {name: _copied(inputs[name]) for name in names}
        write_views(memory, offsets, copies)
        inputs.update(copies)


def packed(name: str, value: Any) -> tuple[bytes, NumpyArray]:
    """The rankloss_array of one input, for functions that take one, and the array, which has to be kept."""
    memory, inputs = bytearray(ARRAY_SIZE), {name: value}
    write_inputs(memory, {name: 0}, inputs)
    return bytes(memory), inputs[name]


def new_array(memory: Any, offset: int, shape: Shape, dtype: np.dtype[Any]) -> NumpyArray:
    """An array for the library to write to. Writes its rankloss_array."""
    array = np.empty(shape, dtype)
    _write(memory, offset, address(array), _codes[dtype], _row_major(shape))
    return array


def is_countable(array: NumpyArray) -> bool:
    """Whether the items of an array are in this byte order and whole items apart."""
    return array.dtype.isnative and _strided(array.shape, array.strides, array.itemsize) is not None


def _copied(array: NumpyArray) -> NumpyArray:
    return np.array(array, dtype=array.dtype.newbyteorder("="), order="C", copy=True)


@lru_cache(maxsize=256)
def _row_major(shape: Shape) -> bytes:
    """What lies behind the dtype of an array without gaps. Most arrays of a call have it in common."""
    strides, stride = [], 1
    for extent in reversed(shape):
        strides.append(stride)
        stride *= extent
    return _layout(shape, strides[::-1])


@lru_cache(maxsize=256)
def _strided(shape: Shape, strides: Shape, size: int) -> bytes | None:
    """The same of any array. None where its strides are not whole items, in which the library counts."""
    # NumPy says nothing of the strides of axes that are never walked along.
    steps = [stride if extent > 1 else 0 for extent, stride in zip(shape, strides)]
    if any(step % size for step in steps):
        return None
    return _layout(shape, [step // size for step in steps])


def _layout(shape: Shape, strides: list[int]) -> bytes:
    if len(shape) > _MAX_NDIM:
        # Their number is all that the library looks at before it refuses them in words.
        return _pack[0](0, 0, len(shape))[_NDIM_OFFSET:]
    return _pack[len(shape)](0, 0, len(shape), *shape, *strides)[_NDIM_OFFSET:]


def _packer(ndim: int) -> Callable[..., bytes]:
    unused = 8 * (_MAX_NDIM - ndim)
    return struct.Struct(f"@P2i{ndim}q{unused}x{ndim}q{unused}x").pack


_pack = [_packer(ndim) for ndim in range(_MAX_NDIM + 1)]


def _choose_address() -> Callable[[NumpyArray], int]:
    """How to find where an array's items lie.

    NumPy builds an object or a dictionary for each question, which takes longer than all else that is done for an
    array. But its ABI has the address in the word behind the header that every object of CPython has; and with 64 bits
    ctypes can take all of memory for an array of words.
    """

    def ask(array: NumpyArray) -> int:
        return array.ctypes.data

    if sys.implementation.name != "cpython" or sys.maxsize < 2**32:
        return ask
    memory: Any = (ctypes.c_uint64 * 2**58).from_address(0)
    header = object.__basicsize__ // 8

    def look(array: NumpyArray) -> int:
        return memory[(id(array) >> 3) + header]  # type: ignore[no-any-return]

    example = np.zeros(3)[1:]
    return look if look(example) == ask(example) else ask


address = _choose_address()
