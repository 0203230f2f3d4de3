"""Arrays of other libraries, read where they lie by the DLPack protocol. Knows no library by name."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

_CPU = 1
_DEVICES = {
    2: "a CUDA device",
    3: "CUDA's pinned memory",
    4: "an OpenCL device",
    7: "a Vulkan device",
    8: "a Metal device",
    10: "a ROCm device",
    11: "ROCm's pinned memory",
    13: "CUDA's managed memory",
    14: "a oneAPI device",
}
_UNSIGNED, _BFLOAT = 1, 4


def from_dlpack(name: str, tensor: Any) -> np.ndarray[Any, Any]:
    """A NumPy view of a tensor in CPU memory. `name` is the argument's, for the words of an error."""
    if getattr(tensor, "requires_grad", False):
        raise TypeError(
            f"{name}: the tensor wants a gradient, which would be lost here; pass {name}.detach(), "
            "or call rankloss.torch, which has the gradient"
        )
    _refuse_other_devices(name, tensor)
    try:
        return np.from_dlpack(tensor)
    except Exception as error:
        # NumPy has no bfloat16, and libraries differ in how they say that they cannot.
        array = _bfloat16(name, tensor)
        if array is None:
            raise TypeError(f"{name}: a {type(tensor).__name__} that NumPy cannot read where it lies: {error}") from error
        return array


def _refuse_other_devices(name: str, tensor: Any) -> None:
    try:
        kind = int(tensor.__dlpack_device__()[0])
    except Exception as error:
        raise TypeError(f"{name}: a {type(tensor).__name__} without memory of the CPU: {error}") from error
    if kind != _CPU:
        where = _DEVICES.get(kind, f"a device of DLPack's kind {kind}")
        raise TypeError(f"{name}: lies in the memory of {where}; RankLoss computes on the CPU, copy it there first")


class _Tensor(ctypes.Structure):
    """DLTensor, as far as it is read."""

    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device", ctypes.c_int32 * 2),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
    ]


class _VersionedTensor(ctypes.Structure):
    """DLManagedTensorVersioned, down to its DLTensor."""

    _fields_ = [
        ("version", ctypes.c_uint32 * 2),
        ("manager_context", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
        ("flags", ctypes.c_uint64),
        ("tensor", _Tensor),
    ]


_name_of = ctypes.pythonapi.PyCapsule_GetName
_name_of.restype, _name_of.argtypes = ctypes.c_char_p, (ctypes.py_object,)
_pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_of.restype, _pointer_of.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)


class _Capsule:
    """A capsule that has been asked for already, as NumPy wants to ask for it."""

    def __init__(self, capsule: Any) -> None:
        self._capsule = capsule

    def __dlpack__(self, **_: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return _CPU, 0


def _bfloat16(name: str, tensor: Any) -> np.ndarray[Any, Any] | None:
    """A view of a tensor of bfloat16; None where it is of something else, or has no capsule.

    The consumer owns the capsule's struct, so that its dtype may be renamed: NumPy then reads 16-bit integers, keeps the
    memory alive for as long as its array, and ml_dtypes has a name for what they are.
    """
    capsule = _capsule(tensor)
    if capsule is None:
        return None
    tensor_of = _tensor_in(capsule)
    if (tensor_of.code, tensor_of.bits, tensor_of.lanes) != (_BFLOAT, 16, 1):
        return None
    try:
        from ml_dtypes import bfloat16
    except ImportError:
        raise TypeError(f"{name}: bfloat16 needs the package ml_dtypes, for NumPy alone has no such dtype") from None
    tensor_of.code = _UNSIGNED
    array: np.ndarray[Any, Any] = np.from_dlpack(_Capsule(capsule)).view(bfloat16)
    return array


def _capsule(tensor: Any) -> Any:
    """The tensor's capsule, of DLPack 1 where it has one: only that says whether it may be written to."""
    for options in ({"max_version": (1, 0)}, {}):
        try:
            return tensor.__dlpack__(**options)
        except Exception:
            continue
    return None


def _tensor_in(capsule: Any) -> _Tensor:
    name = _name_of(capsule)
    pointer = _pointer_of(capsule, name)
    if name == b"dltensor_versioned":
        versioned: _Tensor = _VersionedTensor.from_address(pointer).tensor
        return versioned
    return _Tensor.from_address(pointer)
