"""The library through ctypes: the flat views of include/rankloss/, as far as the benchmarks need them."""

import ctypes

import numpy as np

_DTYPES = {"float32": 1, "float64": 2, "int32": 7, "int64": 8, "uint8": 9}
_SUM, _NONE = 1, 2


class _Array(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("dtype", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("shape", ctypes.c_int64 * 8),
        ("strides", ctypes.c_int64 * 8),
    ]


class _Problem(ctypes.Structure):
    _fields_ = [
        *((name, _Array) for name in "logits labels where weights bias offsets cotangent tangent".split()),
        ("reducer", ctypes.c_void_p),
        ("temperature", ctypes.c_double),
        ("reduction", ctypes.c_int32),
        ("label_mode", ctypes.c_int32),
        ("num_threads", ctypes.c_int32),
        ("padding", ctypes.c_int32),
        ("divisor", ctypes.c_double),
        ("state", ctypes.c_void_p),
        ("reserved", ctypes.c_uint64 * 6),
    ]


class _Result(ctypes.Structure):
    _fields_ = [
        *((name, _Array) for name in "loss grad_logits grad_labels grad_weights hess_logits jvp hvp_logits".split()),
        ("accumulator", ctypes.c_void_p),
        ("state", ctypes.c_void_p),
        ("reserved", ctypes.c_uint64 * 6),
    ]


def _view(array):
    view = _Array(data=array.ctypes.data, dtype=_DTYPES[array.dtype.name], ndim=array.ndim)
    for axis in range(array.ndim):
        view.shape[axis] = array.shape[axis]
        view.strides[axis] = array.strides[axis] // array.itemsize
    return view


class Library:
    """librankloss.so, loaded from a path."""

    def __init__(self, path):
        self._library = ctypes.CDLL(str(path))
        for function in ("rankloss_isa", "rankloss_version", "rankloss_last_error"):
            getattr(self._library, function).restype = ctypes.c_char_p
        self.isa = self._library.rankloss_isa().decode()
        self.version = self._library.rankloss_version().decode()

    def prepare(self, batch, work, threads):
        """A function that makes the call, and the arrays (loss, gradient, Hessian) that it writes."""
        shape = (-1, batch.n) if batch.n else (-1,)
        outputs = [np.zeros(1, np.float32), None, None]
        problem = _Problem(
            logits=_view(batch.logits.reshape(shape)),
            labels=_view(batch.labels.reshape(shape)),
            reduction=_SUM,
            num_threads=threads,
        )
        result = _Result(loss=_view(outputs[0]))
        if not batch.n:
            problem.offsets = _view(batch.offsets)
        if work in ("gradient", "hessian"):
            outputs[1] = np.zeros_like(batch.logits)
            result.grad_logits = _view(outputs[1].reshape(shape))
        if work == "hessian":
            outputs[2] = np.zeros_like(batch.logits)
            result.hess_logits = _view(outputs[2].reshape(shape))
        arguments = ctypes.byref(problem), ctypes.byref(result)

        def call():
            if self._library.rankloss_softmax(*arguments) != 0:
                raise SystemExit(self._library.rankloss_last_error().decode())
            return outputs

        return call

    def losses(self, logits, labels):
        """The loss of each list of a dense batch."""
        losses = np.zeros(logits.shape[0], np.float32)
        problem = _Problem(logits=_view(logits), labels=_view(labels), reduction=_NONE)
        if self._library.rankloss_softmax(ctypes.byref(problem), ctypes.byref(_Result(loss=_view(losses)))) != 0:
            raise SystemExit(self._library.rankloss_last_error().decode())
        return losses
