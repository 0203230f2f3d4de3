"""The offsets of ragged lists, made from what data usually has."""

from __future__ import annotations

import ctypes

import numpy as np
from numpy.typing import NDArray

from ._arrays import Array
from ._error import check
from ._library import library
from ._views import address, packed


def offsets_from_sizes(sizes: Array) -> NDArray[np.int64]:
    """Offsets from the number of items of each list: what LightGBM and XGBoost call `group`.

    sizes: (num_lists), int32, int64, uint32 or uint64, any strides; 0 is an empty list. A list of Python integers does.
    Returns (num_lists + 1) int64, of which the first is 0 and the last the number of all items.

    A negative size, another dtype or number of axes, or a sum beyond 2**63 - 1 raises RankLossError.

    >>> import rankloss
    >>> rankloss.offsets_from_sizes([2, 0, 3])
    array([0, 2, 2, 5])
    """
    view, source = packed("sizes", sizes)
    offsets = np.empty(source.size + 1, np.int64)
    check(library.rankloss_offsets_from_sizes(view, address(offsets)))
    return offsets


def offsets_from_ids(ids: Array) -> NDArray[np.int64]:
    """Offsets from an id for each item: `qid`, or a column of a data frame.

    ids: (num_items), any integer dtype, any strides. The items of a list lie side by side; in which order the ids come
    does not matter. Returns (num_lists + 1) int64.

    An id that comes back after items of another list raises RankLossError, which names the id and both items: lists are
    never joined or cut in silence.

    >>> import rankloss
    >>> rankloss.offsets_from_ids([17, 17, 4, 4, 4])
    array([0, 2, 5])
    """
    view, source = packed("ids", ids)
    offsets = np.empty(source.size + 1, np.int64)
    num_lists = ctypes.c_int64()
    check(library.rankloss_offsets_from_ids(view, address(offsets), ctypes.addressof(num_lists)))
    # A copy, so that not a word for every item is kept for lists that may be few.
    return offsets[: num_lists.value + 1].copy()
