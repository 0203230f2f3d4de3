"""Offsets from sizes and ids."""

import numpy as np
import pytest

import rankloss


@pytest.mark.parametrize("dtype", ["i4", "i8", "u4", "u8"])
def test_sizes(dtype):
    sizes = np.array([3, 9, 0, 9, 2], dtype)
    offsets = rankloss.offsets_from_sizes(sizes[::2])
    assert offsets.dtype == np.int64
    assert offsets.tolist() == [0, 3, 3, 5]


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i4"])
def test_ids(dtype):
    ids = np.array([7, 7, 3, 3, 3, 120], dtype)
    offsets = rankloss.offsets_from_ids(ids)
    assert offsets.dtype == np.int64
    assert offsets.tolist() == [0, 2, 5, 6]
    assert offsets.base is None


def test_lists_and_nothing():
    assert rankloss.offsets_from_sizes([1, 2]).tolist() == [0, 1, 3]
    assert rankloss.offsets_from_sizes([]).tolist() == [0]
    assert rankloss.offsets_from_ids([]).tolist() == [0]
    assert rankloss.offsets_from_ids([2**60, 2**60, -(2**60)]).tolist() == [0, 2, 3]


def test_what_is_refused():
    with pytest.raises(rankloss.RankLossError, match="5") as caught:
        rankloss.offsets_from_ids([5, 6, 5])
    assert caught.value.status == 5
    with pytest.raises(rankloss.RankLossError):
        rankloss.offsets_from_sizes([2, -1])
    with pytest.raises(rankloss.RankLossError):
        rankloss.offsets_from_sizes([1.5])
    with pytest.raises(rankloss.RankLossError):
        rankloss.offsets_from_ids([[1, 2]])
    with pytest.raises(TypeError):
        rankloss.offsets_from_ids(["a", "b"])
    with pytest.raises(TypeError):
        rankloss.offsets_from_sizes(None)
