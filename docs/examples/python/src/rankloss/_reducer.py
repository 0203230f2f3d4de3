"""The caller's own reduction: a Python function that the C library calls.

An exception cannot pass through C. It is caught, the call is made to fail, and afterwards it is raised again.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from ._arrays import NumpyArray

_DOUBLES = ctypes.POINTER(ctypes.c_double)
_REDUCE = ctypes.CFUNCTYPE(ctypes.c_int, _DOUBLES, ctypes.POINTER(ctypes.c_uint8), ctypes.c_int64, _DOUBLES, ctypes.c_void_p)


class _Struct(ctypes.Structure):
    """rankloss_reducer, without a derivative."""

    _fields_ = [("reduce", _REDUCE), ("derivative", ctypes.c_void_p), ("user", ctypes.c_void_p)]


class Reducer:
    """A reduction for one call; it has to live as long as the call."""

    def __init__(self, function: Callable[[NumpyArray, NumpyArray], float]) -> None:
        self._function = function
        self._error: BaseException | None = None
        self._struct = _Struct(_REDUCE(self._reduce))
        self.address = ctypes.addressof(self._struct)

    def _reduce(self, losses: Any, counted: Any, num_lists: int, reduced: Any, user: Any) -> int:
        try:
            # Copies, for the caller may keep them and the library frees its own.
            reduced[0] = float(self._function(_copied(losses, num_lists, np.float64), _copied(counted, num_lists, np.bool_)))
        except BaseException as error:
            self._error = error
            return 1
        return 0

    def raise_error(self) -> None:
        """Raises what the function raised, if it did."""
        if self._error is not None:
            raise self._error


def _copied(pointer: Any, count: int, dtype: Any) -> NumpyArray:
    size = np.dtype(dtype).itemsize * count
    return np.frombuffer(bytearray(ctypes.string_at(pointer, size)), dtype=dtype)
