"""Accumulators: exact, whatever the order and the grouping."""

import copy
import math
import pickle
from fractions import Fraction

import numpy as np
import pytest

import rankloss


@pytest.fixture
def batch(random):
    return 100 * random.standard_normal((40, 6)), random.random((40, 6))


def test_a_batch_in_parts_is_the_batch(batch, random):
    logits, labels = batch
    whole_loss, whole_gradient = rankloss.value_and_grad(logits, labels)
    order = random.permutation(40)
    total = rankloss.Accumulator()
    for part in np.array_split(order, 7):
        one = rankloss.Accumulator()
        result = rankloss.compute(logits[part], labels[part], divisor=40, outputs=("grad_logits",), accumulator=one)
        np.testing.assert_array_equal(result["grad_logits"], whole_gradient[part])
        total.merge(one)
    assert total.count == 40
    assert total.mean() == whole_loss
    assert total.sum() == rankloss.ranking_softmax_loss(logits, labels, reduction="sum")


def test_readings_are_exact_sums_rounded_once(batch):
    logits, labels = batch
    losses = rankloss.ranking_softmax_loss(logits, labels, reduction=None)
    accumulator = rankloss.Accumulator()
    rankloss.compute(logits, labels, outputs=(), accumulator=accumulator)
    exact = sum(Fraction(float(loss)) for loss in losses)
    assert accumulator.sum() == math.fsum(losses)
    assert accumulator.mean() == float(exact / 40)
    assert accumulator.mean(divisor=7) == float(exact / 7)
    assert accumulator.sum(dtype=np.float32) == np.float32(float(exact))
    assert type(accumulator.sum(dtype=np.float16)) is np.float16
    assert accumulator.sum(dtype=">f8") == accumulator.sum(dtype="<f8") == accumulator.sum()


def test_copies_are_independent(batch):
    accumulator = rankloss.Accumulator()
    rankloss.compute(*batch, outputs=(), accumulator=accumulator)
    copies = [
        rankloss.Accumulator(bytes(accumulator)),
        pickle.loads(pickle.dumps(accumulator)),
        copy.deepcopy(accumulator),
        rankloss.Accumulator(bytearray(bytes(accumulator))),
    ]
    assert len(bytes(accumulator)) == 640
    accumulator.merge(accumulator)
    assert accumulator.count == 80
    assert all(one.count == 40 and 2 * one.sum() == accumulator.sum() for one in copies)
    assert repr(copies[0]).startswith("<rankloss.Accumulator: 40 lists, sum ")


def test_an_empty_one():
    empty = rankloss.Accumulator()
    assert (empty.count, empty.sum(), empty.mean()) == (0, 0, 0)
    assert bytes(empty) == bytes(640)


def test_what_is_refused(batch):
    with pytest.raises(ValueError, match="3 bytes"):
        rankloss.Accumulator(b"abc")
    with pytest.raises(rankloss.RankLossError):
        rankloss.Accumulator(b"\xff" * 640)
    with pytest.raises(TypeError):
        rankloss.Accumulator().merge(b"")
    for divisor in (0, -1, math.nan, math.inf):
        with pytest.raises(rankloss.RankLossError):
            rankloss.Accumulator().mean(divisor=divisor)
    with pytest.raises(rankloss.RankLossError):
        rankloss.Accumulator().sum(dtype=int)
    with pytest.raises(rankloss.RankLossError):
        rankloss.compute(*batch, reduction=lambda *_: 0.0, accumulator=rankloss.Accumulator())
