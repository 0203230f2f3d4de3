"""Offsets from sizes and ids, and how many lists a mean counts."""

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


def counted_by_a_mean(shape, **lists):
    """What an accumulator has counted, which has to compute for it."""
    accumulator = rankloss.Accumulator()
    rankloss.compute(np.zeros(shape), 0.0, **lists, outputs=(), accumulator=accumulator)
    return accumulator.count


def test_counted_lists_are_those_of_a_mean(random):
    where = random.random((5, 8, 3)) < 0.3
    assert 0 < rankloss.count_lists(np.zeros((5, 8, 3)), where=where) == counted_by_a_mean((5, 8, 3), where=where) < 40
    offsets, valid = np.array([0, 0, 4, 5, 5, 12, 20], "i4"), random.random(20) < 0.5
    valid[4] = False
    labels = random.integers(0, 4, 20)
    for count, lists in [(4, {"offsets": offsets}), (3, {"offsets": offsets, "where": valid})]:
        assert rankloss.count_lists(labels, **lists) == counted_by_a_mean(20, **lists) == count
    assert rankloss.count_lists([], offsets=[0, 0, 0]) == 0
    assert rankloss.count_lists([5, 6]) == 1


def test_what_is_not_counted():
    with pytest.raises(rankloss.RankLossError, match="ndim is 0"):
        rankloss.count_lists(1)
    with pytest.raises(rankloss.RankLossError, match="end at 1, but the logits have 2 items"):
        rankloss.count_lists([1, 2], offsets=[0, 1])
    with pytest.raises(rankloss.RankLossError, match="where: shape"):
        rankloss.count_lists([[1, 2]], where=[True] * 3)
