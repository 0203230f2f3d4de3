"""Calls have nothing to do with one another: not those before, not those of other threads, not those within."""

import gc
import sys
import threading

import numpy as np
import pytest

import rankloss


def batch(random, shape):
    return {
        "logits": random.standard_normal(shape, np.float32),
        "labels": random.random(shape, np.float32),
        "where": random.random(shape) < 0.8,
        "weights": random.random(shape, np.float32),
    }


def ragged(random, sizes):
    return {**batch(random, sum(sizes)), "offsets": rankloss.offsets_from_sizes(sizes)}


def batches(random):
    """Of more shapes than anything is remembered of, and no two of the same."""
    dense = [batch(random, (num_lists, list_size)) for num_lists in range(1, 16) for list_size in range(1, 21)]
    return dense + [ragged(random, [3] * num_lists + [last]) for num_lists in range(15) for last in range(20)]


def bits(arguments):
    loss, gradient = rankloss.value_and_grad(**arguments)
    return loss.tobytes(), gradient.shape, gradient.tobytes()


def one_list_after_another(arguments):
    """Loss and gradient of each list by a call of its own."""
    logits, offsets = arguments["logits"], arguments.get("offsets")
    lists = range(len(logits)) if offsets is None else [slice(*ends) for ends in zip(offsets, offsets[1:])]
    own = [{name: array[k] for name, array in arguments.items() if name != "offsets"} for k in lists]
    results = [rankloss.value_and_grad(**one, reduction=None) for one in own]
    return np.array([loss for loss, _ in results]), np.concatenate([gradient for _, gradient in results])


def test_a_shape_that_is_new_is_computed_as_every_other(random):
    for arguments in batches(random):
        losses, gradient = rankloss.value_and_grad(**arguments, reduction=None)
        expected_losses, expected_gradient = one_list_after_another(arguments)
        np.testing.assert_array_equal(losses, expected_losses)
        np.testing.assert_array_equal(gradient.ravel(), expected_gradient)


def test_a_shape_that_was_forgotten_is_computed_as_before(random):
    all_of_them = batches(random)
    first = [bits(arguments) for arguments in all_of_them]
    assert [bits(arguments) for arguments in all_of_them] == first


def test_threads_with_shapes_of_their_own(random):
    """Threads take turns as often as Python can, and each call is in other shapes than those of the others."""
    all_of_them = batches(random)
    expected = [bits(arguments) for arguments in all_of_them]
    seen = {}

    def work(first):
        seen[first] = [bits(arguments) for arguments in all_of_them[first:] + all_of_them[:first]]

    threads = [threading.Thread(target=work, args=(first,)) for first in range(0, 600, 150)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert len(seen) == len(threads)
    for first, found in seen.items():
        assert found == expected[first:] + expected[:first]


class Calling:
    """Labels that make a call of their own when they are asked for."""

    def __init__(self, labels, call):
        self.labels, self.call = labels, call

    def __array__(self, dtype=None, copy=None):
        self.call()
        return self.labels


def test_a_call_while_the_arguments_of_another_are_read(random):
    outer, inner = batch(random, (3, 5)), ragged(random, [2, 7])
    expected = bits(outer), bits(inner)
    seen = []
    calling = Calling(outer["labels"], lambda: seen.append(bits(inner)))
    assert bits({**outer, "labels": calling}) == expected[0]
    assert seen == [expected[1]]


def test_a_call_within_a_reduction(random):
    outer, inner = batch(random, (3, 5)), ragged(random, [2, 7])
    expected = bits(inner)
    seen = []

    def reduce(losses, counted):
        seen.append(bits(inner))
        return losses.sum()

    loss = rankloss.ranking_softmax_loss(**outer, reduction=reduce)
    assert loss == rankloss.ranking_softmax_loss(**outer, reduction="sum")
    assert seen == [expected]


def test_results_are_the_caller_s_to_keep(random):
    one, other = batch(random, (4, 8)), batch(random, (4, 8))
    names = ("loss", "grad_logits", "grad_labels", "grad_weights", "hess_logits")
    kept = rankloss.compute(**one, reduction=None, outputs=names)
    copies = {name: array.copy() for name, array in kept.items()}
    later = rankloss.compute(**other, reduction=None, outputs=names)
    for name in names:
        np.testing.assert_array_equal(kept[name], copies[name])
        assert (kept[name] != later[name]).any()
    arrays = [*kept.values(), *later.values(), *one.values(), *other.values()]
    assert not any(np.may_share_memory(a, b) for place, a in enumerate(arrays) for b in arrays[:place])
    assert all(array.flags.owndata and array.flags.writeable for array in kept.values())


def test_arrays_may_be_freed_between_calls(random):
    """Other arrays then have their places: of the same shape, of another, of another dtype."""
    values = random.standard_normal((6, 8))
    expected = {}
    for _ in range(50):
        for dtype in ("f4", "f8"):
            for shape in ((6, 8), (8, 6), (2, 24)):
                for sign in (1, -1):
                    logits = (sign * values).astype(dtype).reshape(shape)
                    labels = np.abs(values).astype(dtype).reshape(shape)
                    found = bits({"logits": logits, "labels": labels})
                    assert expected.setdefault((dtype, shape, sign), found) == found
                    del logits, labels
        gc.collect()
    assert len({loss for loss, *_ in expected.values()}) == len(expected)


def test_what_arguments_are_replaced_by_lives_as_long_as_the_call(random):
    """Copies of arrays in a foreign byte order: were one freed too early the next would take its place."""
    arguments = {name: array.astype("f8") for name, array in batch(random, (400, 50)).items() if name != "where"}
    copied = {name: array.astype(array.dtype.newbyteorder()) for name, array in arguments.items()}
    assert bits(copied) == bits(arguments)
    assert bits({name: array.tolist() for name, array in arguments.items()}) == bits(arguments)


def test_an_array_that_has_changed_since_the_last_call(random):
    values = random.standard_normal(24)
    logits, labels = values.copy(), np.abs(values)
    for shape in ((24,), (4, 6), (6, 4), (2, 3, 4)):
        logits, labels = logits.reshape(shape), labels.reshape(shape)
        assert bits({"logits": logits, "labels": labels}) == bits({"logits": logits.copy(), "labels": labels.copy()})
    logits = values.copy()
    rankloss.ranking_softmax_loss(logits, 1.0)
    logits.resize(4000, refcheck=False)
    assert rankloss.ranking_softmax_loss(logits, 1.0) == rankloss.ranking_softmax_loss(logits.copy(), 1.0)
    logits.dtype = np.float32
    np.nan_to_num(logits, copy=False)
    assert rankloss.ranking_softmax_loss(logits, 1.0) == rankloss.ranking_softmax_loss(logits.copy(), 1.0)


def test_the_same_shape_in_other_strides(random):
    """Of square arrays, in which shapes say nothing of the order."""
    arrays = batch(random, (6, 6))
    expected = bits(arrays)
    for change in (
        np.asfortranarray,
        lambda array: np.flip(np.flip(array).copy()),
        lambda array: np.repeat(array, 2, 1)[:, ::2],
    ):
        changed = {name: change(array) for name, array in arrays.items()}
        assert not any(array.flags.c_contiguous for array in changed.values())
        assert bits(changed) == expected
        assert bits({**arrays, "labels": changed["labels"], "where": changed["where"]}) == expected
    turned = {name: array.T for name, array in arrays.items()}
    assert bits(turned) == bits({name: array.copy() for name, array in turned.items()}) != expected


@pytest.mark.parametrize("shape", [(3, 4), (12,), (1, 1), (2, 1, 3)])
def test_the_same_shape_in_other_dtypes(random, shape):
    logits, ones = random.standard_normal(shape), np.ones(shape)
    expected = rankloss.ranking_softmax_loss(logits, ones)
    for dtype in ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?"):
        assert rankloss.ranking_softmax_loss(logits, ones.astype(dtype)) == expected
    for dtype, error in (("f4", 1e-6), ("f2", 1e-2), ("f8", 0)):
        loss = rankloss.ranking_softmax_loss(logits.astype(dtype), ones)
        assert loss.dtype == dtype
        assert loss == pytest.approx(expected, rel=error, abs=error)


def test_axes_of_one_item_and_of_none(random):
    """NumPy lets the strides of such axes be anything."""

    def apart(array):
        return np.lib.stride_tricks.as_strided(array, (1, 3), (13, 16))

    logits, labels, gradient = random.standard_normal(6), random.random(6), np.zeros(6)
    rankloss.compute(apart(logits), apart(labels), out={"grad_logits": apart(gradient)})
    np.testing.assert_array_equal(gradient[::2], rankloss.value_and_grad(logits[::2], labels[::2])[1])
    assert not gradient[1::2].any()
    for shape in ((0,), (0, 3), (3, 0), (2, 0, 3), (0, 0)):
        empty = np.zeros(shape)
        loss, gradient = rankloss.value_and_grad(empty, empty, where=np.zeros(shape, bool), weights=empty)
        assert loss == 0
        assert gradient.shape == shape


def test_numbers_beside_arrays(random):
    logits = random.standard_normal((3, 4))
    expected = bits({"logits": logits, "labels": np.full((3, 4), 2.0), "weights": np.full((3, 4), 0.5)})
    for two, half in ((2, 0.5), (np.float64(2), np.float32(0.5)), (np.array(2), np.array(0.5)), ([[2]], [0.5])):
        assert bits({"logits": logits, "labels": two, "weights": half, "where": np.array(True)}) == expected
    with pytest.raises(rankloss.RankLossError, match="logits: ndim is 0"):
        rankloss.ranking_softmax_loss(np.array(1.0), np.array(1.0))
