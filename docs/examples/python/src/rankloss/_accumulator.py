"""A mean over many calls or machines."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ._error import check
from ._library import library
from ._options import positive
from ._views import address, packed

_WORDS = 80


class Accumulator:
    """The exact sum of the losses of any lists, and their number.

    `data` is empty, or the 640 bytes of another accumulator: `bytes(accumulator)`. They may be stored, or sent to a
    machine of the same byte order and minor version of the library. An accumulator can be pickled and copied, too.

    `compute(..., accumulator=a)` adds a call's lists to it. All of it is exact, so that neither the order of the lists nor
    how they are grouped into calls and accumulators changes a bit of what is read:

    >>> import numpy as np, rankloss
    >>> logits, labels = np.arange(12.0).reshape(4, 3), np.eye(4, 3)
    >>> whole, part = rankloss.Accumulator(), rankloss.Accumulator()
    >>> _ = rankloss.compute(logits[:1], labels[:1], outputs=(), accumulator=part)
    >>> _ = rankloss.compute(logits[1:], labels[1:], outputs=(), accumulator=whole)
    >>> whole.merge(part)
    >>> whole.count, bool(whole.mean() == rankloss.ranking_softmax_loss(logits, labels))
    (4, True)

    Threads may have an accumulator each and merge them; no two may use the same one at once while one of them adds to it.
    Bytes that are no accumulator's are refused, ValueError where their number is not 640.
    """

    __slots__ = ("_address", "_words")

    def __init__(self, data: Any = b"") -> None:
        self._words = np.zeros(_WORDS, np.uint64)
        self._address = address(self._words)
        content = bytes(data)
        if content:
            if len(content) != self._words.nbytes:
                raise ValueError(f"data: {len(content)} bytes; an accumulator has {self._words.nbytes}")
            self._words[:] = np.frombuffer(content, np.uint64)
            _ = self.count  # refuses bytes of something else

    @property
    def count(self) -> int:
        """The number of lists with a valid item that have been added."""
        count = ctypes.c_int64()
        check(library.rankloss_accumulator_count(self._address, ctypes.addressof(count)))
        return count.value

    def merge(self, other: Accumulator) -> None:
        """Adds what `other` holds, which stays as it is. `other` may be this one, which then doubles."""
        if not isinstance(other, Accumulator):
            raise TypeError(f"other: a {type(other).__name__} is no Accumulator")
        check(library.rankloss_accumulator_merge(self._address, other._address))

    def sum(self, dtype: DTypeLike = float) -> Any:
        """The sum of the losses, a NumPy scalar that is rounded once, to `dtype`: float64, float32, float16, bfloat16."""
        return self._read(1.0, dtype)

    def mean(self, divisor: float | None = None, dtype: DTypeLike = float) -> Any:
        """The sum divided by `divisor`, or by `count` where that is None; rounded once. Of no list it is 0."""
        return self._read(0.0 if divisor is None else positive("divisor", divisor), dtype)

    def _read(self, divisor: float, dtype: DTypeLike) -> Any:
        out = np.empty((), np.dtype(dtype).newbyteorder("="))
        check(library.rankloss_accumulator_read(self._address, divisor, packed("dtype", out)[0]))
        return out[()]

    def __bytes__(self) -> bytes:
        return self._words.tobytes()

    def __reduce__(self) -> tuple[type[Accumulator], tuple[bytes]]:
        return Accumulator, (bytes(self),)

    def __repr__(self) -> str:
        return f"<rankloss.Accumulator: {self.count} lists, sum {self.sum()}>"
