"""The memory of one call of rankloss_softmax(): its rankloss_problem and, behind it, its rankloss_result.

The fields of each rankloss_array are its address, by the name that the struct has for the array, and the rest as bytes.
"""

from __future__ import annotations

import ctypes
from typing import Any

from ._views import REST_SIZE

INPUTS = ("logits", "labels", "where", "weights", "bias", "offsets", "cotangent", "tangent")
OUTPUTS = ("loss", "grad_logits", "grad_labels", "grad_weights", "hess_logits", "jvp", "hvp_logits")


def _arrays(names: tuple[str, ...]) -> list[Any]:
    fields = (((name, ctypes.c_size_t), (f"rest_of_{name}", ctypes.c_uint8 * REST_SIZE)) for name in names)
    return [field for pair in fields for field in pair]


class Call(ctypes.Structure):
    """rankloss_problem and rankloss_result. Both are multiples of what they are aligned to, so that nothing lies between."""

    _fields_ = [
        *_arrays(INPUTS),
        ("reducer", ctypes.c_void_p),
        ("temperature", ctypes.c_double),
        ("reduction", ctypes.c_int32),
        ("label_mode", ctypes.c_int32),
        ("num_threads", ctypes.c_int32),
        ("padding", ctypes.c_int32),
        ("divisor", ctypes.c_double),
        ("state_of_problem", ctypes.c_void_p),
        ("reserved_of_problem", ctypes.c_uint64 * 6),
        *_arrays(OUTPUTS),
        ("accumulator", ctypes.c_void_p),
        ("state_of_result", ctypes.c_void_p),
        ("reserved_of_result", ctypes.c_uint64 * 6),
    ]


RESULT_OFFSET: int = Call.loss.offset

REST_OFFSETS: dict[str, int] = {name: getattr(Call, f"rest_of_{name}").offset for name in INPUTS + OUTPUTS}
"""Where in a Call that lies which is behind the address of each array."""
