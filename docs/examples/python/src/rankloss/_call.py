"""The memory of one call of rankloss_softmax(): its rankloss_problem and, behind it, its rankloss_result."""

from __future__ import annotations

import ctypes

from ._views import ARRAY_SIZE

INPUTS = ("logits", "labels", "where", "weights", "bias", "offsets", "cotangent", "tangent")
OUTPUTS = ("loss", "grad_logits", "grad_labels", "grad_weights", "hess_logits", "jvp", "hvp_logits")

_ARRAY = ctypes.c_uint8 * ARRAY_SIZE


class Call(ctypes.Structure):
    """rankloss_problem and rankloss_result. Both are multiples of what they are aligned to, so that nothing lies between."""

    _fields_ = [
        *((name, _ARRAY) for name in INPUTS),
        ("reducer", ctypes.c_void_p),
        ("temperature", ctypes.c_double),
        ("reduction", ctypes.c_int32),
        ("label_mode", ctypes.c_int32),
        ("num_threads", ctypes.c_int32),
        ("padding", ctypes.c_int32),
        ("divisor", ctypes.c_double),
        ("state_of_problem", ctypes.c_void_p),
        ("reserved_of_problem", ctypes.c_uint64 * 6),
        *((name, _ARRAY) for name in OUTPUTS),
        ("accumulator", ctypes.c_void_p),
        ("state_of_result", ctypes.c_void_p),
        ("reserved_of_result", ctypes.c_uint64 * 6),
    ]


OFFSETS: dict[str, int] = {name: getattr(Call, name).offset for name in INPUTS + OUTPUTS}
"""Where in a Call the rankloss_array of each array lies."""

RESULT_OFFSET = OFFSETS[OUTPUTS[0]]
