"""What is taken for an array, where results go, and that neither is copied."""

import tracemalloc

import numpy as np
import pytest

import rankloss


@pytest.fixture
def batch(random):
    return random.standard_normal((6, 8)), random.random((6, 8))


def same(result, expected):
    assert result[0] == expected[0]
    np.testing.assert_array_equal(result[1], expected[1])


def test_strides_are_read_as_they_are(batch):
    logits, labels = batch
    expected = rankloss.value_and_grad(logits, labels)
    same(rankloss.value_and_grad(np.asfortranarray(logits), labels), expected)
    wide = np.zeros((6, 24))
    wide[:, ::3] = logits
    same(rankloss.value_and_grad(wide[:, ::3], labels), expected)
    same(
        rankloss.value_and_grad(logits[:2, :2], labels[:2, :2]),
        rankloss.value_and_grad(logits[:2, :2].copy(), labels[:2, :2]),
    )
    backwards = np.ascontiguousarray(logits[::-1, ::-1])
    same(rankloss.value_and_grad(backwards[::-1, ::-1], labels), expected)


def test_no_array_is_copied_whatever_its_strides():
    row = np.zeros(1000, np.float32)
    logits, labels = np.broadcast_to(row, (10000, 1000)), np.zeros((1000, 10000), np.int8).T
    tracemalloc.start()
    loss = rankloss.ranking_softmax_loss(logits, labels[:, ::-1], weights=row[::-1], where=labels >= 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert loss == 0
    # The mask is made here. The other arrays would be 10 to 40 MB more each.
    assert 10e6 < peak < 11e6


def test_arguments_broadcast_and_their_gradients_have_their_shapes(random):
    logits = random.standard_normal((4, 3, 5))
    arguments = dict(labels=random.random(5), weights=random.random((4, 1, 1)), where=random.random((3, 5)) < 0.8)
    outputs = ("loss", "grad_labels", "grad_weights")
    small = rankloss.compute(logits, outputs=outputs, **arguments)
    large = rankloss.compute(
        logits,
        outputs=outputs,
        **{name: np.broadcast_to(value, logits.shape).copy() for name, value in arguments.items()},
    )
    assert small["loss"] == large["loss"]
    assert small["grad_labels"].shape == (5,)
    assert small["grad_weights"].shape == (4, 1, 1)
    np.testing.assert_allclose(small["grad_labels"], large["grad_labels"].sum((0, 1)), rtol=1e-13)
    np.testing.assert_allclose(small["grad_weights"], large["grad_weights"].sum((1, 2), keepdims=True), rtol=1e-13)


def test_a_number_is_an_array_too(batch):
    logits, _ = batch
    result = rankloss.compute(logits, 1, weights=2.0, outputs=("grad_labels", "grad_weights"))
    expected = rankloss.compute(logits, np.ones_like(logits), weights=np.full_like(logits, 2), outputs=("grad_labels",))
    assert result["grad_labels"] == pytest.approx(expected["grad_labels"].sum())
    assert type(result["grad_labels"]) is np.float64


def test_lists_become_arrays():
    loss = rankloss.ranking_softmax_loss([[2, 1, 3], [0, 3, 1]], [[1, 0, 2], [0, 0, 1]], where=[[1, 1, 1], [1, 0, 1]])
    expected = rankloss.ranking_softmax_loss(
        np.array([[2.0, 1, 3], [0, 3, 1]]),
        np.array([[1, 0, 2], [0, 0, 1]]),
        where=np.array([[True, True, True], [True, False, True]]),
    )
    assert type(loss) is np.float64
    assert loss == expected


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "?"])
def test_labels_have_any_dtype(batch, dtype):
    logits, labels = batch
    grades = (labels * 2).astype(int).astype(dtype)
    assert rankloss.ranking_softmax_loss(logits, grades) == rankloss.ranking_softmax_loss(logits, grades.astype("f8"))


def test_fields_of_records_and_foreign_byte_orders_are_read(batch):
    logits, labels = batch
    expected = rankloss.value_and_grad(logits, labels)
    records = np.zeros((6, 8), dtype=np.dtype([("tag", "i1"), ("score", "f8")]))
    records["score"] = logits
    assert not records["score"].flags.aligned
    same(rankloss.value_and_grad(records["score"], labels), expected)
    same(rankloss.value_and_grad(logits.astype(">f8"), labels.astype(">f8")), expected)
    misaligned = np.frombuffer(b"x" + logits.tobytes(), np.float64, offset=1).reshape(6, 8)
    assert not misaligned.flags.aligned
    same(rankloss.value_and_grad(misaligned, labels), expected)


def test_results_go_where_out_says(batch):
    logits, labels = batch
    loss, gradient = rankloss.value_and_grad(logits, labels)
    out = {"grad_logits": np.full((8, 6), np.nan).T, "loss": np.full((), np.nan, np.float32)}
    result = rankloss.compute(logits, labels, out=out)
    assert result["grad_logits"] is out["grad_logits"]
    assert result["loss"] is out["loss"]
    np.testing.assert_array_equal(out["grad_logits"], gradient)
    assert out["loss"][()] == np.float32(loss)


def test_the_gradient_may_replace_the_logits(batch):
    logits, labels = batch
    expected = rankloss.value_and_grad(logits, labels)[1]
    rankloss.compute(logits, labels, out={"grad_logits": logits})
    np.testing.assert_array_equal(logits, expected)


def test_out_may_have_another_shape_that_broadcasts(batch):
    logits, labels = batch
    per_item = rankloss.compute(logits, labels, outputs=("grad_labels",))["grad_labels"]
    out = np.zeros((6, 1))
    rankloss.compute(logits, labels, out={"grad_labels": out})
    np.testing.assert_allclose(out, per_item.sum(1, keepdims=True), rtol=1e-13)


def test_what_cannot_be_written_to_is_refused(batch):
    logits, labels = batch
    fixed = np.zeros((6, 8))
    fixed.flags.writeable = False
    for out, error, words in [
        ({"grad_logits": fixed}, ValueError, "read-only"),
        ({"grad_logits": [0.0] * 8}, TypeError, "list"),
        ({"grad_logits": np.zeros((6, 8), ">f8")}, ValueError, "byte order"),
        ({"gradient": np.zeros((6, 8))}, ValueError, "'gradient' is none of"),
        ({"grad_logits": np.zeros((6, 7))}, rankloss.RankLossError, "grad_logits"),
        ({"grad_logits": labels}, rankloss.RankLossError, "overlap"),
        ({"loss": np.zeros((), int)}, rankloss.RankLossError, "loss"),
        ({"grad_logits": np.frombuffer(bytearray(385), offset=1).reshape(6, 8)}, rankloss.RankLossError, "not aligned"),
    ]:
        with pytest.raises(error, match=words):
            rankloss.compute(logits, labels, out=out)


def test_bfloat16_in_and_out(random):
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="ml_dtypes is not installed, which has bfloat16 for NumPy")
    logits = random.standard_normal((4, 6)).astype(ml_dtypes.bfloat16)
    labels = random.random((4, 6)).astype(ml_dtypes.bfloat16)
    loss, gradient = rankloss.value_and_grad(logits, labels)
    wide_loss, wide_gradient = rankloss.value_and_grad(logits.astype("f4"), labels.astype("f4"))
    assert loss.dtype == gradient.dtype == ml_dtypes.bfloat16
    assert loss == wide_loss.astype(ml_dtypes.bfloat16)
    np.testing.assert_array_equal(gradient, wide_gradient.astype(ml_dtypes.bfloat16))


def test_masked_arrays_are_refused_for_their_mask_would_be_lost(batch):
    logits, labels = batch
    with pytest.raises(TypeError, match="labels: the mask of a masked array"):
        rankloss.ranking_softmax_loss(logits, np.ma.masked_less(labels, 0.5))


@pytest.mark.parametrize("dtype", ["c16", "O", "U1", "g"])
def test_other_dtypes_are_refused_by_name(batch, dtype):
    logits, labels = batch
    with pytest.raises(TypeError, match="labels: dtype .* is none of"):
        rankloss.ranking_softmax_loss(logits, labels.astype(dtype))


def test_signatures_that_differ_in_one_thing_are_told_apart(batch):
    """What is remembered of one call must not serve another."""
    logits, labels = batch
    seen = [
        rankloss.ranking_softmax_loss(logits, labels),
        rankloss.ranking_softmax_loss(logits, labels, reduction="sum"),
        rankloss.ranking_softmax_loss(logits, labels, label_mode="softmax"),
        rankloss.ranking_softmax_loss(logits, labels, temperature=2.0),
        rankloss.ranking_softmax_loss(logits, labels, divisor=3.0),
        rankloss.ranking_softmax_loss(logits, labels, weights=labels),
        rankloss.ranking_softmax_loss(logits, labels, bias=labels),
        rankloss.ranking_softmax_loss(logits, labels[:1]),
        rankloss.ranking_softmax_loss(logits, labels[:, :1]),
        rankloss.ranking_softmax_loss(logits[:3], labels[:3]),
        rankloss.ranking_softmax_loss(logits[::2], labels[::2]),
    ]
    assert len(set(seen)) == len(seen)
    assert rankloss.ranking_softmax_loss(logits, labels) == seen[0]
