"""rankloss.jax: the bits of the C call under every transformation, and the seed's meaning beside optax's own function."""

import os
import shutil
import subprocess
import sys
from functools import partial

import numpy as np
import pytest

import rankloss

jax = pytest.importorskip("jax", reason="jax is not installed, which rankloss.jax is for")
jnp = jax.numpy

from rankloss.jax import ranking_softmax_loss  # noqa: E402

enable_x64 = jax.enable_x64 if hasattr(jax, "enable_x64") else jax.experimental.enable_x64

DTYPES = ["float32", "float64", "float16", "bfloat16"]
REDUCTIONS = [(jnp.mean, "mean"), (jnp.sum, "sum"), (None, None)]


@pytest.fixture
def batch(random):
    logits = (3 * random.standard_normal((4, 3, 6))).astype("f4")
    labels = random.random((4, 3, 6)).astype("f4")
    where = random.random((4, 3, 6)) < 0.7
    where[1, 1] = False
    weights = random.uniform(0.5, 2, (4, 3, 6)).astype("f4")
    return logits, labels, where, weights


def equal(left, right):
    np.testing.assert_array_equal(np.asarray(left), np.asarray(right))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduce_fn, reduction", REDUCTIONS)
def test_loss_and_gradients_have_the_bits_of_the_c_call(batch, dtype, reduce_fn, reduction):
    with enable_x64(True):
        logits, labels, weights = (jnp.asarray(batch[k]).astype(dtype) for k in (0, 1, 3))
        where = batch[2]
        expected = rankloss.compute(
            np.asarray(logits),
            np.asarray(labels),
            where=where,
            weights=np.asarray(weights),
            reduction=reduction,
            outputs=("loss", "grad_logits", "grad_labels", "grad_weights"),
        )

        def loss(logits, labels, weights):
            return ranking_softmax_loss(logits, labels, where=where, weights=weights, reduce_fn=reduce_fn)

        def total(*arguments):
            return loss(*arguments).sum()

        value = jax.jit(loss)(logits, labels, weights)
        assert value.dtype == dtype
        equal(value, expected["loss"])
        for gradients in (
            jax.jit(jax.grad(total, (0, 1, 2)))(logits, labels, weights),
            jax.grad(total, (0, 1, 2))(logits, labels, weights),
            jax.value_and_grad(total, (0, 1, 2))(logits, labels, weights)[1],
        ):
            for name, gradient in zip(("grad_logits", "grad_labels", "grad_weights"), gradients):
                assert gradient.dtype == dtype
                equal(gradient, expected[name])


@pytest.mark.parametrize("reduce_fn, reduction", REDUCTIONS)
def test_cotangents_are_the_c_call_s(batch, random, reduce_fn, reduction):
    logits, labels, where, _ = batch
    loss, pullback = jax.vjp(partial(ranking_softmax_loss, where=where, reduce_fn=reduce_fn), logits, labels)
    cotangent = np.asarray(random.standard_normal(loss.shape), np.float32)
    of_logits, of_labels = pullback(jnp.asarray(cotangent))
    expected = rankloss.compute(
        logits, labels, where=where, reduction=reduction, cotangent=cotangent, outputs=("grad_logits", "grad_labels")
    )
    equal(of_logits, expected["grad_logits"])
    equal(of_labels, expected["grad_labels"])


def test_a_single_gradient_is_the_one_that_is_asked_for(batch):
    logits, labels, where, weights = batch
    loss = partial(ranking_softmax_loss, where=where)
    everything = rankloss.compute(
        logits, labels, where=where, weights=weights, outputs=("grad_logits", "grad_labels", "grad_weights")
    )
    equal(jax.grad(lambda x: loss(x, labels, weights=weights))(logits), everything["grad_logits"])
    equal(jax.grad(lambda y: loss(logits, y, weights=weights))(labels), everything["grad_labels"])
    equal(jax.grad(lambda w: loss(logits, labels, weights=w))(weights), everything["grad_weights"])


def test_one_pass_gives_loss_and_gradient(batch):
    logits, labels, *_ = batch
    for function in (jax.value_and_grad(ranking_softmax_loss), jax.grad(ranking_softmax_loss)):
        program = jax.jit(function).lower(logits, labels).compile().as_text()
        assert program.count('custom_call_target="rankloss_softmax"') == 1
        assert "callback" not in program


@pytest.mark.parametrize("reduce_fn, reduction", REDUCTIONS)
@pytest.mark.parametrize("labels_mapped", [True, False])
def test_vmap_is_a_loop(batch, reduce_fn, reduction, labels_mapped):
    logits, labels, where, weights = batch
    labels = labels if labels_mapped else labels[0]

    def loss(x, y, w):
        return ranking_softmax_loss(x, y, weights=w, where=where[0], reduce_fn=reduce_fn).sum()

    mapped = jax.vmap(jax.value_and_grad(loss, (0, 1, 2)), (0, 0 if labels_mapped else None, None))
    values, gradients = jax.jit(mapped)(logits, labels, weights[0, 0])
    for k in range(4):
        value, expected = jax.value_and_grad(loss, (0, 1, 2))(
            logits[k], labels[k] if labels_mapped else labels, weights[0, 0]
        )
        equal(values[k], value)
        for gradient, one in zip(gradients, expected):
            equal(gradient[k], one)


def test_nested_vmaps_and_one_list(batch):
    logits, labels, where, _ = batch
    inner = jax.vmap(jax.value_and_grad(ranking_softmax_loss), (0, 0))
    losses, gradients = jax.jit(jax.vmap(inner, (0, None)))(logits, labels[0])
    for k in range(4):
        expected = rankloss.compute(logits[k], labels[0], reduction=None, outputs=("loss", "grad_logits"))
        equal(losses[k], expected["loss"])
        equal(gradients[k], expected["grad_logits"])
    # One call for all lists, not one for each.
    assert "reduction = 2 : i64" in jax.jit(inner).lower(logits[0], labels[0]).compile().as_text()
    outer = jax.vmap(jax.vmap(lambda x, m: ranking_softmax_loss(x, labels[0], where=m), (None, 0)), (0, None))
    losses = outer(logits, where)
    assert losses.shape == (4, 4)
    equal(losses[2, 3], ranking_softmax_loss(logits[2], labels[0], where=where[3]))


def test_mapped_cotangents_of_one_loss(batch):
    logits, labels, *_ = batch
    jacobian = jax.jacrev(lambda x: jnp.stack([1.0, 2.0]) * ranking_softmax_loss(x, labels))(logits)
    equal(jacobian[0], rankloss.value_and_grad(logits, labels)[1])
    equal(jacobian[1], rankloss.compute(logits, labels, cotangent=2.0, outputs=("grad_logits",))["grad_logits"])


def test_no_element_of_a_vmap(batch):
    logits, labels, *_ = batch
    assert jax.vmap(ranking_softmax_loss)(logits[:0], labels[:0]).shape == (0,)


def test_all_arguments_broadcast_and_so_do_gradients(batch):
    logits, labels, where, weights = batch
    arguments = dict(logits=logits[0, :1], labels=labels[:, :, :1], weights=weights[0, 0], where=where[0])

    def loss(logits, labels, weights, where):
        return ranking_softmax_loss(logits, labels, weights=weights, where=where)

    value, gradients = jax.value_and_grad(loss, (0, 1, 2))(
        *(jnp.asarray(arguments[name]) for name in ("logits", "labels", "weights", "where"))
    )
    full = {name: np.broadcast_to(array, (4, 3, 6)) for name, array in arguments.items()}
    assert value == rankloss.ranking_softmax_loss(**full)
    expected = rankloss.compute(outputs=("grad_logits", "grad_labels", "grad_weights"), **full)
    np.testing.assert_allclose(gradients[0], expected["grad_logits"].sum((0, 1), keepdims=True)[0], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(gradients[1], expected["grad_labels"].sum(2, keepdims=True), rtol=1e-5)
    np.testing.assert_allclose(gradients[2], expected["grad_weights"].sum((0, 1)), rtol=1e-5)


@pytest.mark.parametrize("dtype", ["bool", "int8", "int32", "uint8", "uint16", "float16"])
def test_labels_have_any_dtype(batch, dtype):
    logits, labels, *_ = batch
    grades = (3 * labels).astype(int).astype(dtype)
    value, gradient = jax.value_and_grad(ranking_softmax_loss)(logits, grades)
    expected = rankloss.value_and_grad(logits, grades)
    equal(value, expected[0])
    equal(gradient, expected[1])


def test_reduction_goes_before_reduce_fn(batch):
    logits, labels, *_ = batch
    for reduction, function in [("mean", jnp.mean), ("sum", jnp.sum), ("none", None)]:
        equal(
            ranking_softmax_loss(logits, labels, reduction=reduction, reduce_fn=jnp.max),
            ranking_softmax_loss(logits, labels, reduce_fn=function),
        )
    with pytest.raises(ValueError, match="reduction: 'average'"):
        ranking_softmax_loss(logits, labels, reduction="average")


def test_any_other_function_gets_losses_and_which_are_counted(batch):
    logits, labels, where, _ = batch
    seen = []

    def reduce(losses, where):
        seen.append((losses, where))
        return jnp.max(losses)

    def loss(logits, where=None):
        return ranking_softmax_loss(logits, labels, where=where, reduce_fn=reduce)

    equal(loss(logits, where), rankloss.ranking_softmax_loss(logits, labels, where=where, reduction=None).max())
    equal(seen[0][1], where.any(-1))
    loss(logits)
    assert seen[1][1] is None
    gradient = jax.jit(jax.grad(loss))(logits)
    worst = np.argmax(np.asarray(ranking_softmax_loss(logits, labels, reduce_fn=None)))
    assert (np.abs(gradient.reshape(12, 6)).sum(1) > 0).nonzero()[0].tolist() == [worst]
    median = partial(jnp.quantile, q=0.5)
    equal(
        ranking_softmax_loss(logits, labels, reduce_fn=lambda losses, where: median(losses)),
        median(ranking_softmax_loss(logits, labels, reduce_fn=None)),
    )


def test_what_is_masked_is_never_used_even_by_gradients(batch):
    logits, labels, where, weights = batch
    clean = jax.grad(lambda *a: ranking_softmax_loss(*a[:2], weights=a[2], where=where), (0, 1, 2))(logits, labels, weights)
    dirt = [np.where(where, array, np.nan) for array in (logits, labels, weights)]
    dirty = jax.grad(lambda *a: ranking_softmax_loss(*a[:2], weights=a[2], where=where), (0, 1, 2))(*dirt)
    for one, other in zip(clean, dirty):
        equal(one, other)


def test_a_program_for_another_device_is_refused_when_it_is_lowered(batch):
    logits, labels, *_ = batch
    for function in (ranking_softmax_loss, jax.grad(ranking_softmax_loss), jax.vmap(jax.grad(ranking_softmax_loss))):
        for platform in ("cuda", "rocm", "tpu"):
            with pytest.raises(NotImplementedError, match=f"CPU.*{platform}"):
                jax.jit(function).trace(logits, labels).lower(lowering_platforms=(platform,))


def test_forward_mode_and_second_derivatives_are_refused(batch):
    logits, labels, *_ = batch
    loss = partial(ranking_softmax_loss, labels=labels)
    with pytest.raises(TypeError, match="forward-mode"):
        jax.jvp(loss, (logits,), (logits,))
    with pytest.raises(ValueError, match="differentiated"):
        jax.grad(lambda x: jax.grad(loss)(x).sum())(logits)


def test_what_is_refused(batch):
    logits, labels, *_ = batch
    with pytest.raises(TypeError, match="logits: dtype int32"):
        ranking_softmax_loss(jnp.zeros((2, 3), "int32"), jnp.zeros((2, 3)))
    with pytest.raises(TypeError, match="labels: dtype complex64"):
        ranking_softmax_loss(logits, labels.astype("c8"))
    with pytest.raises(ValueError):
        ranking_softmax_loss(logits, labels[..., :5])
    with pytest.raises(ValueError, match="one number is not a list"):
        ranking_softmax_loss(1.0, 1.0)


def test_what_only_the_library_refuses_is_its_error():
    nine = jnp.zeros((1,) * 8 + (2,))
    with pytest.raises(Exception, match="more than 8 axes"):
        jax.block_until_ready(ranking_softmax_loss(nine, nine))


def test_a_numpy_call_takes_jax_arrays(batch):
    logits, labels, where, _ = batch
    for dtype in ("float32", "float16", "bfloat16"):
        narrow = jnp.asarray(logits).astype(dtype)
        loss, gradient = rankloss.value_and_grad(narrow, jnp.asarray(labels), where=jnp.asarray(where))
        expected = jax.value_and_grad(ranking_softmax_loss)(narrow, jnp.asarray(labels), where=jnp.asarray(where))
        assert loss.dtype == dtype
        equal(loss, expected[0])
        equal(gradient, expected[1])
    with pytest.raises(ValueError, match="read-only"):
        rankloss.compute(logits, labels, out={"grad_logits": jnp.zeros_like(logits)})


def test_training_goes_down(random):
    features, labels = random.standard_normal((20, 10, 4)), random.random((20, 10))

    @jax.jit
    def step(parameters):
        loss, gradient = jax.value_and_grad(lambda p: ranking_softmax_loss(features @ p, labels))(parameters)
        return loss, parameters - 0.1 * gradient

    parameters, losses = jnp.zeros(4), []
    for _ in range(30):
        loss, parameters = step(parameters)
        losses.append(float(loss))
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0]


WHICH_LIBRARY = """
import rankloss.jax
assert rankloss.jax.ranking_softmax_loss([[1.0, 2.0]], [[1, 0]]) > 0
print({line.split()[-1] for line in open("/proc/self/maps") if "librankloss" in line and "_jax" not in line})
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="this system does not show what a process has loaded")
def test_the_handler_calls_the_library_that_is_named(tmp_path):
    from rankloss._library import library

    named = tmp_path / "librankloss-named.so"
    shutil.copy(library._name, named)
    environment = {**os.environ, "RANKLOSS_LIBRARY": str(named)}
    result = subprocess.run(
        [sys.executable, "-c", WHICH_LIBRARY], env=environment, capture_output=True, text=True, timeout=120
    )
    assert result.stdout.strip() == repr({str(named)}), result.stderr


PEERS = """
import sys, pytest, rankloss.jax
import {package} as top, {module} as metric, {module}._ranking as own
for where in (own, metric, top):
    where.ranking_softmax_loss = rankloss.jax.ranking_softmax_loss
tests = own.__file__.replace("_ranking.py", "_ranking_test.py")
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "--import-mode=importlib", tests]))
"""


@pytest.mark.parametrize("package, module", [("optax", "optax.losses"), ("braintools", "braintools.metric")])
def test_their_own_tests_pass_with_this_loss_in_the_place_of_theirs(package, module):
    pytest.importorskip(package, reason=f"{package} is not installed, whose own tests are run here")
    program = PEERS.format(package=package, module=module)
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stdout
    assert " passed" in result.stdout


def test_beside_optax(batch):
    optax = pytest.importorskip("optax", reason="optax is not installed, which this loss is compared with")
    logits, labels, where, weights = (jnp.asarray(array) for array in batch)
    for reduce_fn in (jnp.mean, jnp.sum, None):

        def total(function, x, reduce_fn=reduce_fn):
            return function(x, labels, where=where, weights=weights, reduce_fn=reduce_fn).sum()

        ours, theirs = (
            jax.value_and_grad(partial(total, function))(logits)
            for function in (ranking_softmax_loss, optax.losses.ranking_softmax_loss)
        )
        np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-6)
        np.testing.assert_allclose(ours[1], theirs[1], atol=2e-6)
