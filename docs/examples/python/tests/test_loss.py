"""Values and derivatives, against the definition in long double."""

import numpy as np
import pytest
from reference import softmax_loss

import rankloss

TOLERANCE = {"float64": 1e-14, "float32": 5e-7, "float16": 1e-3}
BY_ITEM = ("grad_logits", "grad_labels", "grad_weights", "hess_logits")


def batch(random, dtype, shape=(5, 3, 7)):
    logits = (3 * random.standard_normal(shape)).astype(dtype)
    labels = random.integers(0, 4, shape)
    weights = random.uniform(0.5, 2, shape).astype(dtype)
    where = random.random(shape) < 0.7
    where[0, 0] = False
    return logits, labels, weights, where


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("reduction", ["mean", "sum", None])
def test_everything_is_what_the_definition_says(random, dtype, reduction):
    logits, labels, weights, where = batch(random, dtype)
    expected = softmax_loss(logits, labels, where, weights, reduction)
    result = rankloss.compute(logits, labels, where=where, weights=weights, reduction=reduction, outputs=("loss", *BY_ITEM))
    assert list(result) == ["loss", *BY_ITEM]
    for name, value in result.items():
        assert value.dtype == dtype
        assert value.shape == expected[name].shape
        scale = max(1.0, np.abs(expected[name]).max())
        np.testing.assert_allclose(value.astype(float), expected[name].astype(float), atol=TOLERANCE[dtype] * scale, rtol=0)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none", None])
def test_the_three_functions_agree_to_the_bit(random, reduction):
    logits, labels, weights, where = batch(random, "float32")
    options = dict(where=where, weights=weights, reduction=reduction)
    loss = rankloss.ranking_softmax_loss(logits, labels, **options)
    value, gradient = rankloss.value_and_grad(logits, labels, **options)
    result = rankloss.compute(logits, labels, outputs=("grad_logits", "loss"), **options)
    np.testing.assert_array_equal(loss, value)
    np.testing.assert_array_equal(loss, result["loss"])
    np.testing.assert_array_equal(gradient, result["grad_logits"])


def test_a_reduced_loss_is_a_scalar_and_an_unreduced_one_an_array(random):
    logits, labels, *_ = batch(random, "float32")
    assert type(rankloss.ranking_softmax_loss(logits, labels)) is np.float32
    assert type(rankloss.ranking_softmax_loss(logits, labels, reduction="sum")) is np.float32
    assert rankloss.ranking_softmax_loss(logits, labels, reduction=None).shape == (5, 3)
    assert rankloss.ranking_softmax_loss(logits[0, 0], labels[0, 0], reduction="none").shape == ()


def test_temperature_and_bias_make_the_score(random):
    logits, labels, *_ = batch(random, "float64")
    bias = random.standard_normal(7)
    expected = softmax_loss(logits, labels, temperature=2.5, bias=bias)
    result = rankloss.compute(logits, labels, temperature=2.5, bias=bias, outputs=("loss", "grad_logits", "hess_logits"))
    for name, value in result.items():
        np.testing.assert_allclose(value, expected[name].astype(float), rtol=1e-12, atol=1e-14)


def test_label_modes(random):
    logits, labels, *_ = batch(random, "float64")
    labels = labels + 1.0
    divided = labels / labels.sum(-1, keepdims=True)
    softmax = np.exp(labels) / np.exp(labels).sum(-1, keepdims=True)
    for mode, targets in [("raw", labels), ("sum_to_one", divided), ("softmax", softmax)]:
        expected = softmax_loss(logits, targets)["loss"]
        assert rankloss.ranking_softmax_loss(logits, labels, label_mode=mode) == pytest.approx(float(expected), rel=1e-13)


def test_lists_side_by_side(random):
    sizes = [4, 0, 1, 9]
    offsets = rankloss.offsets_from_sizes(sizes)
    logits, labels = random.standard_normal(14), random.random(14)
    per_list = random.random((4, 1))
    result = rankloss.compute(
        logits,
        labels,
        weights=per_list,
        offsets=offsets,
        reduction=None,
        outputs=("loss", "grad_logits", "grad_weights"),
    )
    assert result["loss"].shape == (4,)
    assert result["grad_weights"].shape == (4, 1)
    for k in range(4):
        part = slice(offsets[k], offsets[k + 1])
        if sizes[k]:
            expected = softmax_loss(logits[part], labels[part], weights=per_list[k])
            assert result["loss"][k] == pytest.approx(float(expected["loss"]), rel=1e-13)
            np.testing.assert_allclose(result["grad_logits"][part], expected["grad_logits"].astype(float), atol=1e-13)
            assert result["grad_weights"][k, 0] == pytest.approx(float(expected["grad_weights"].sum()), rel=1e-13)
    assert result["loss"][1] == 0


def test_derivatives_along_a_tangent_are_differences(random):
    logits, labels, weights, where = batch(random, "float64")
    tangent = random.standard_normal(logits.shape)
    result = rankloss.compute(
        logits, labels, where=where, weights=weights, tangent=tangent, outputs=("jvp", "hvp_logits", "grad_logits")
    )
    step = 1e-5
    (above, grad_above), (below, grad_below) = (
        rankloss.value_and_grad(logits + sign * step * tangent, labels, where=where, weights=weights) for sign in (1, -1)
    )
    assert result["jvp"] == pytest.approx((above - below) / (2 * step), rel=1e-8)
    np.testing.assert_allclose(result["hvp_logits"], (grad_above - grad_below) / (2 * step), atol=1e-8)
    assert result["jvp"] == pytest.approx((result["grad_logits"] * tangent).sum(), rel=1e-12)


def test_cotangent_multiplies_the_gradient_of_each_list(random):
    logits, labels, *_ = batch(random, "float64")
    cotangent = random.standard_normal((5, 3))
    plain = rankloss.compute(logits, labels, reduction=None, outputs=("grad_logits",))["grad_logits"]
    scaled = rankloss.compute(logits, labels, reduction=None, outputs=("grad_logits",), cotangent=cotangent)["grad_logits"]
    np.testing.assert_allclose(scaled, plain * cotangent[..., None], rtol=1e-13, atol=1e-15)


def test_divisor_takes_the_place_of_the_number_of_lists(random):
    logits, labels, _, where = batch(random, "float64")
    total = rankloss.ranking_softmax_loss(logits, labels, where=where, reduction="sum")
    assert rankloss.ranking_softmax_loss(logits, labels, where=where, divisor=2.5) == pytest.approx(total / 2.5)


def test_what_is_masked_is_never_used(random):
    logits, labels, weights, where = batch(random, "float32")
    clean = rankloss.compute(logits, labels, where=where, weights=weights, outputs=("loss", *BY_ITEM))
    for array in (logits, weights):
        array[~where] = np.nan
    dirty = rankloss.compute(logits, labels, where=where, weights=weights, outputs=("loss", *BY_ITEM))
    for name in clean:
        np.testing.assert_array_equal(clean[name], dirty[name])
    assert (dirty["grad_logits"][~where] == 0).all()


def test_no_lists_and_no_items():
    assert rankloss.ranking_softmax_loss(np.empty((0, 4)), np.empty((0, 4))) == 0
    assert rankloss.ranking_softmax_loss(np.empty((3, 0)), np.empty((3, 0)), reduction=None).tolist() == [0, 0, 0]
    assert rankloss.ranking_softmax_loss([], [], offsets=[0]) == 0


def test_threads_change_no_bit(random):
    logits, labels = random.standard_normal((3000, 50)), random.random((3000, 50))
    one, many = (rankloss.value_and_grad(logits, labels, num_threads=n) for n in (1, 4))
    assert one[0] == many[0]
    np.testing.assert_array_equal(one[1], many[1])
