"""docs/migration.md: its blocks print what they say, and what it says of other libraries is so.

Each number of the document stands in one of its blocks. It is read there, and is what the other library computes, where
that is installed, or what the formula in its source does, which is then written here in NumPy.
"""

import doctest
import re
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from reference import softmax_loss

import rankloss

DOCUMENT = Path(__file__).parents[4] / "docs" / "migration.md"
FRAMEWORKS = "braintools|catboost|jax|lightgbm|optax|rax|torch|xgboost"

ours = rankloss.ranking_softmax_loss


def blocks_of_sections():
    """The block of each section that has one, by the section's heading."""
    text = DOCUMENT.read_text(encoding="utf-8")
    sections = re.split(r"^##+ (.*)\n", text, flags=re.MULTILINE)[1:]
    blocks = [re.findall(r"```python\n(.*?)```", body, re.DOTALL) for body in sections[1::2]]
    return {title: found[0] for title, found in zip(sections[::2], blocks) if len(found) == 1}


BLOCKS = blocks_of_sections()


class Section(NamedTuple):
    names: dict  # what its block has defined
    numbers: list  # what its block says that it prints


@cache
def section(title):
    """Runs the block of a section as it stands in the document. Skipped where a framework is missing that it imports."""
    block = BLOCKS[title]
    imports = " ".join(re.findall(r"^>>> (?:import|from) .*", block, re.MULTILINE))
    for framework in sorted(set(re.findall(rf"\b({FRAMEWORKS})\b", imports))):
        pytest.importorskip(framework, reason=f"{framework} is not installed, which the block of {title!r} is for")
    test = doctest.DocTestParser().get_doctest(block, {}, title, str(DOCUMENT), 0)
    runner = doctest.DocTestRunner()
    runner.run(test, clear_globs=False)
    assert runner.tries > 0 and runner.failures == 0, f"the block of {title!r}"
    printed = " ".join(example.want for example in test.examples)
    return Section(test.globs, [float(number) for number in re.findall(r"\bnan\b|-?\d+\.?\d*(?:e-?\d+)?", printed)])


def names_of(title, *names):
    return [section(title).names[name] for name in names]


@pytest.mark.parametrize("title", BLOCKS)
def test_the_block_of(title):
    assert section(title).numbers


def test_every_section_has_one_block_and_every_link_a_section():
    text = DOCUMENT.read_text(encoding="utf-8")
    headings = re.findall(r"^##+ (.*)$", text, re.MULTILINE)
    assert set(headings) - set(BLOCKS) == {"How it compares", "Recipes"}
    assert len(re.findall(r"^```", text, re.MULTILINE)) == 2 * len(BLOCKS)
    anchors = {heading.lower().replace(" ", "-").replace(",", "") for heading in headings}
    assert set(re.findall(r"\(#([a-z-]+)\)", text)) <= anchors
    for target in re.findall(r"\]\(([^#)]+)\)", text):
        assert (DOCUMENT.parent / target).exists(), target


def close(value, number, digits=6):
    """Whether the document's number is the value, as far as it has digits."""
    np.testing.assert_allclose(np.asarray(value, float), number, rtol=0, atol=0.51 * 10.0**-digits)


def log_softmax(scores):
    """Along the last axis, -inf for an item that takes no part; NaN where none does."""
    with np.errstate(invalid="ignore", divide="ignore"):
        shifted = scores - scores.max(axis=-1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


@pytest.fixture
def batch(random):
    """Logits, labels, mask and weights of five lists, float32; the last list has no valid item."""
    logits = random.standard_normal((5, 7)).astype("f4")
    labels = random.integers(0, 4, (5, 7)).astype("f4")
    where = random.random((5, 7)) < 0.7
    where[:, 0], where[4] = True, False
    return logits, labels, where, random.uniform(0.5, 2, (5, 7)).astype("f4")


# --- optax, braintools ------------------------------------------------------------------------------------------------


def seed(name):
    module = pytest.importorskip(name, reason=f"{name} is not installed")
    pytest.importorskip("jax", reason="jax is not installed")
    return module.losses.ranking_softmax_loss if name == "optax" else module.metric.ranking_softmax_loss


@pytest.mark.parametrize("name", ["optax", "braintools"])
def test_the_seed_is_the_same_loss_and_mean(batch, name):
    theirs = seed(name)
    import jax
    import jax.numpy as jnp

    from rankloss.jax import ranking_softmax_loss

    logits, labels, where, weights = map(jnp.asarray, batch)
    for reduce_fn, reduction in ((jnp.mean, "mean"), (jnp.sum, "sum"), (None, None)):
        expected = theirs(logits, labels, where=where, weights=weights, reduce_fn=reduce_fn)
        options = {"where": where, "weights": weights}
        np.testing.assert_allclose(ranking_softmax_loss(logits, labels, **options, reduce_fn=reduce_fn), expected, rtol=2e-6)
        np.testing.assert_allclose(ours(logits, labels, **options, reduction=reduction), expected, rtol=2e-6)
        if name == "braintools":
            by_name = theirs(logits, labels, **options, reduction=reduction or "none")
            np.testing.assert_array_equal(by_name, expected)
    gradients = [jax.grad(loss)(logits, labels, where=where) for loss in (theirs, ranking_softmax_loss)]
    np.testing.assert_allclose(*gradients, atol=2e-6)
    nothing = jnp.zeros_like(where)
    assert theirs(logits, labels, where=nothing) == ranking_softmax_loss(logits, labels, where=nothing) == 0


@pytest.mark.parametrize("name", ["optax", "braintools"])
def test_where_the_seed_differs(name):
    theirs = seed(name)
    import jax
    import jax.numpy as jnp

    from rankloss.jax import ranking_softmax_loss

    numbers = section("optax and braintools").numbers
    dominated, first = jnp.array([20.0, 0.0]), jnp.array([1.0, 0.0])
    assert abs(theirs(dominated, first)) == numbers[0] == 0
    np.testing.assert_allclose(np.log1p(np.exp(-20)), numbers[1], rtol=5e-4)

    logits, labels, where, weights = names_of("optax and braintools", "logits", "labels", "where", "weights")
    by_weights = jax.grad(lambda weights: theirs(logits, labels, where=where, weights=weights))(weights)
    close(by_weights, numbers[2:5], 4)
    close(softmax_loss(logits, labels, where=where)["grad_weights"], numbers[5:8], 4)
    assert np.isnan(numbers[3]) and numbers[6] == 0

    masked = jnp.array([1.0, -jnp.inf, 0.0])
    assert jnp.isnan(theirs(masked, jnp.array([1.0, 0.0, 0.0])))
    np.testing.assert_allclose(ranking_softmax_loss(masked, jnp.array([1.0, 0.0, 0.0])), np.log1p(np.exp(-1)), rtol=1e-6)

    jax.grad(lambda logits: jax.grad(theirs)(logits, labels).sum())(logits)
    with pytest.raises(ValueError, match="cannot be differentiated"):
        jax.grad(lambda logits: jax.grad(ranking_softmax_loss)(logits, labels).sum())(logits)

    none = {"where": jnp.zeros(3, bool), "reduce_fn": partial(jnp.mean)}
    assert jnp.isnan(ranking_softmax_loss(logits, labels, **none))
    assert jnp.isnan(theirs(logits, labels, **none)) == (name == "optax")


# --- Rax --------------------------------------------------------------------------------------------------------------


def test_rax(batch):
    rax = pytest.importorskip("rax", reason="rax is not installed")
    import jax
    import jax.numpy as jnp

    logits, labels, where, weights = batch
    arrays = [jnp.asarray(array) for array in batch[:2]]
    options = {"where": where, "weights": weights}
    for reduce_fn, reduction in ((jnp.mean, "mean"), (jnp.sum, "sum"), (None, None)):
        for label_fn, mode in ((None, "raw"), (rax.utils.normalize_probabilities, "sum_to_one")):
            more = {} if label_fn is None else {"label_fn": label_fn}
            expected = rax.softmax_loss(*arrays, **options, **more, reduce_fn=reduce_fn)
            here = ours(logits, labels, **options, label_mode=mode, reduction=reduction)
            np.testing.assert_allclose(here, expected, rtol=2e-6)
        expected = rax.softmax_loss(*arrays, **options, label_fn=jax.nn.softmax, reduce_fn=reduce_fn)
        here = ours(logits, labels * weights, where=where, label_mode="softmax", reduction=reduction)
        np.testing.assert_allclose(here, expected, rtol=2e-6)

    uniform = rax.softmax_loss(arrays[0], jnp.zeros((5, 7)), label_fn=rax.utils.normalize_probabilities)
    np.testing.assert_allclose(ours(logits, np.zeros((5, 7)), label_mode="sum_to_one"), uniform, rtol=2e-6)


def test_segments_of_rax():
    rax = pytest.importorskip("rax", reason="rax is not installed")
    import jax.numpy as jnp

    scores, labels, segments = np.array([2.0, 1, 3, 0, 3], "f4"), np.array([1.0, 0, 2, 0, 1], "f4"), [4, 4, 1, 1, 1]
    expected = rax.softmax_loss(jnp.array(scores), jnp.array(labels), segments=jnp.array(segments))
    np.testing.assert_allclose(ours(scores, labels, offsets=rankloss.offsets_from_ids(segments)), expected, rtol=2e-6)
    rax.softmax_loss(jnp.array(scores), jnp.array(labels), segments=jnp.array([4, 1, 4, 1, 1]))
    with pytest.raises(rankloss.RankLossError):
        rankloss.offsets_from_ids([4, 1, 4, 1, 1])


def test_the_numbers_of_rax():
    scores, labels, weights = names_of("Rax", "scores", "labels", "weights")
    numbers = section("Rax").numbers
    close(-(np.exp(log_softmax(labels * weights)) * log_softmax(scores)).sum(), numbers[0], 4)
    assert numbers[0] == numbers[1]
    close(-(np.exp(log_softmax(labels)) * weights * log_softmax(scores)).sum(), numbers[2], 4)


# --- TF-Ranking -------------------------------------------------------------------------------------------------------


def tf_ranking(y_true, y_pred, weights=1.0, temperature=1.0):
    """SoftmaxLoss of tensorflow_ranking/python/losses_impl.py, as keras/losses.py reduces it: AUTO."""
    valid, epsilon = y_true >= 0, 1e-10
    labels = np.where(valid, y_true, 0.0) * weights
    logits = np.where(valid, y_pred / temperature, np.log(epsilon))
    label_sum = labels.sum(axis=1, keepdims=True)
    padded = np.where(valid, np.where(label_sum > 0, labels, epsilon), 0.0)
    total = padded.sum(axis=1, keepdims=True)
    targets = np.divide(padded, total, out=np.zeros_like(padded), where=total != 0)
    losses = -(targets * log_softmax(logits)).sum(axis=1)
    return (losses * label_sum[:, 0]).sum() / len(losses)


def test_tf_ranking(batch):
    logits, labels, where, weights = (np.asarray(array, float) for array in batch)
    where = where.astype(bool)
    labels[1] = 0
    y_true = np.where(where, labels, -1)
    for factor in (1.0, weights, weights[:, :1]):
        here = ours(logits, y_true, where=y_true >= 0, weights=factor, temperature=0.7, divisor=len(logits))
        np.testing.assert_allclose(here, tf_ranking(y_true, logits, factor, 0.7), rtol=1e-8)
    # The examples of the documentation of tfr.keras.losses.SoftmaxLoss, dense and ragged.
    nonzero = (np.where(where, labels, 0).sum(axis=1) != 0).sum()
    by_nonzero = ours(logits, y_true, where=y_true >= 0, divisor=nonzero)
    np.testing.assert_allclose(by_nonzero, tf_ranking(y_true, logits) * len(logits) / nonzero, rtol=1e-8)
    assert nonzero == 3
    numbers = section("TF-Ranking").numbers
    close(0.7981389, numbers[0])
    close(tf_ranking(np.array([[1.0, 0.0]]), np.array([[0.6, 0.8]])), 0.7981389, 7)
    np.testing.assert_allclose(ours([0.6, 0.8, 0.5, 0.8, 0.4], [1, 0, 0, 1, 0], offsets=[0, 2, 5]), 0.83911896, rtol=1e-7)


def test_the_pads_of_tf_ranking():
    y_pred, y_true = names_of("TF-Ranking", "y_pred", "y_true")
    here, there = section("TF-Ranking").numbers[1:]
    close(np.log1p(np.exp(-1)), here, 4)
    close(tf_ranking(y_true[None].astype(float), y_pred[None]), there, 4)


# --- ListNet ----------------------------------------------------------------------------------------------------------


def all_rank(y_pred, y_true, eps=1e-10, pad=-1):
    """listNet of allrank/models/losses/listNet.py."""
    scores, labels = (np.where(y_true == pad, -np.inf, array) for array in (y_pred, y_true))
    return np.mean(-(np.exp(log_softmax(labels)) * np.log(np.exp(log_softmax(scores)) + eps)).sum(axis=1))


def test_all_rank(batch):
    logits, labels, where, _ = batch
    y_true = np.where(where, labels, -1.0)
    here = ours(logits[:4].astype(float), y_true[:4], where=y_true[:4] != -1, label_mode="softmax")
    np.testing.assert_allclose(here, all_rank(logits[:4].astype(float), y_true[:4]), rtol=1e-7)
    assert np.isnan(all_rank(logits, y_true))
    np.testing.assert_allclose(ours(logits.astype(float), y_true, where=y_true != -1, label_mode="softmax"), here)


def test_the_floor_of_all_rank():
    y_pred, y_true = names_of("allRank", "y_pred", "y_true")
    here, there, *gradient = section("allRank").numbers
    targets = np.exp(log_softmax(y_true))
    close(-(targets * log_softmax(y_pred)).sum(), here, 4)
    close(all_rank(y_pred, y_true), there, 4)
    close((np.exp(log_softmax(y_pred)) - targets)[0], gradient, 4)
    step = np.array([[1e-3, 0.0]])
    assert abs(all_rank(y_pred + step, y_true) - all_rank(y_pred - step, y_true)) < 1e-8
    close(-np.log(1e-10), 23.03, 2)


def sentence_transformers(logits, labels, sizes):
    """ListNetLoss of sentence_transformers/cross_encoder/losses/ListNetLoss.py, after the model."""
    shape = (len(sizes), max(sizes))
    filled = np.arange(shape[1]) < np.reshape(sizes, (-1, 1))
    logits_matrix, labels_matrix = np.full(shape, -1e16), np.full(shape, -np.inf)
    logits_matrix[filled], labels_matrix[filled] = logits, labels
    return np.mean(-(np.exp(log_softmax(labels_matrix)) * log_softmax(logits_matrix)).sum(axis=1))


def test_sentence_transformers(random):
    logits, labels, sizes = names_of("sentence-transformers", "logits", "labels", "sizes")
    close(sentence_transformers(logits, labels, sizes), section("sentence-transformers").numbers[0])
    sizes = [3, 1, 6]
    logits, labels = random.standard_normal(10), random.uniform(0, 1, 10)
    here = ours(logits, labels, offsets=rankloss.offsets_from_sizes(sizes), label_mode="softmax")
    np.testing.assert_allclose(here, sentence_transformers(logits, labels, sizes), rtol=1e-12)
    assert np.isnan(sentence_transformers(logits, labels, [3, 1, 6, 0]))
    offsets = rankloss.offsets_from_sizes([3, 1, 6, 0])
    assert ours(logits, labels, offsets=offsets, label_mode="softmax") == here


# --- CatBoost ---------------------------------------------------------------------------------------------------------


def test_the_number_of_cat_boost():
    scores, labels, weights, groups, beta = names_of("CatBoost", "scores", "labels", "weights", "groups", "beta")
    total = 0.0
    for group in set(groups):
        of = np.array(groups) == group
        p = weights[of] * np.exp(beta * scores[of])
        total -= (labels[of] * weights[of] * np.log(p / p.sum())).sum()
    number, same = section("CatBoost").numbers
    close(total / (labels * weights).sum(), number)
    assert number == same


def values_of_cat_boost(parameters, scores, labels, weights):
    """Those of a tree with a leaf for each item: by Newton's method the derivatives' quotients."""
    catboost = pytest.importorskip("catboost", reason="catboost is not installed")
    features = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    one_tree = dict(iterations=1, depth=2, learning_rate=1, l2_leaf_reg=0, random_strength=0, bootstrap_type="No")
    newton = dict(leaf_estimation_method="Newton", leaf_estimation_iterations=1, leaf_estimation_backtracking="No")
    quiet = dict(verbose=0, allow_writing_files=False, thread_count=1)
    model = catboost.CatBoost({"loss_function": f"QuerySoftMax{parameters}", **one_tree, **newton, **quiet})
    model.fit(catboost.Pool(features, labels, group_id=[0] * 4, baseline=scores, weight=weights))
    return model.predict(features)


@pytest.mark.parametrize("parameters, beta, added", [("", 1, 0.01), (":lambda=0.5", 1, 0.5), (":beta=2;lambda=0.1", 2, 0.1)])
def test_cat_boost_divides_our_gradient_by_our_hessian_and_lambda(parameters, beta, added):
    scores, labels, weights = np.array([0.3, -1.0, 0.5, 0.0]), np.array([1.0, 0.0, 2.0, 0.0]), np.array([1.0, 0.5, 2.0, 1.0])
    values = values_of_cat_boost(parameters, scores, labels, weights)
    here = rankloss.compute(
        scores, labels, weights=weights, bias=np.log(weights), temperature=1 / beta, outputs=("grad_logits", "hess_logits")
    )
    hessian = here["hess_logits"] + added * (labels * weights).sum() * beta
    np.testing.assert_allclose(values, -here["grad_logits"] / hessian, rtol=1e-5)


def test_weights_of_zero_and_negative_labels_of_cat_boost():
    utils = pytest.importorskip("catboost.utils", reason="catboost is not installed")
    scores, labels, weights = np.array([0.3, -1.0, 0.5, 0.0]), np.array([1.0, 0.0, 2.0, 3.0]), np.array([1.0, 0.5, 2.0, 0.0])
    for groups in ([0, 0, 0, 0], [0, 0, 0, 1]):
        theirs = utils.eval_metric(labels, scores, "QuerySoftMax", weight=weights, group_id=groups)
        valid = weights > 0
        options = {"where": valid, "bias": np.log(weights, where=valid, out=np.zeros(4)), "weights": weights}
        offsets, divisor = rankloss.offsets_from_ids(groups), (labels * weights).sum()
        np.testing.assert_allclose(ours(scores, labels, **options, offsets=offsets, divisor=divisor), theirs[0], rtol=1e-12)
    assert np.isnan(ours(scores[3:], labels[3:], bias=np.array([-np.inf]), weights=weights[3:]))

    labels = np.array([1.0, -1.0, 2.0, 0.0])
    with pytest.raises(Exception, match="Min target less than 0"):
        values_of_cat_boost("", scores, labels, np.ones(4))
    expected = labels.sum() * np.exp(log_softmax(scores)) - labels
    np.testing.assert_allclose(rankloss.value_and_grad(scores, labels)[1], expected, atol=1e-15)


# --- LightGBM ---------------------------------------------------------------------------------------------------------


def random_numbers(seed, count):
    """NextFloat() of include/LightGBM/utils/random.h."""
    for _ in range(count):
        seed = (214013 * seed + 2531011) % 2**32
        yield (seed >> 16 & 0x7FFF) / 32768


def targets_of(labels, subtracted):
    values = 2.0**labels - subtracted
    return values / values.sum()


def series(p, first):
    """The Hessian is D + R, D its diagonal. The Newton step D^-1 (1 + R D^-1)^-1 first, to three terms, times D."""
    diagonal = p * (1 - p)
    ratio = (np.outer(p, p) - np.diag(p * p)) / diagonal  # -R D^-1
    return first + ratio @ first + ratio @ ratio @ first


def values_of_light_gbm(scores, labels, weights, penalty):
    """Those of a tree with a leaf for each row: -G / (H + penalty)."""
    lightgbm = pytest.importorskip("lightgbm", reason="lightgbm is not installed")
    features = np.arange(4.0).reshape(-1, 1)
    small = {"min_data_in_leaf": 1, "min_data_in_bin": 1, "min_sum_hessian_in_leaf": 0, "num_threads": 1, "verbose": -1}
    data = lightgbm.Dataset(features, labels, group=[4], init_score=scores, weight=weights, params=small)
    options = {"objective": "rank_xendcg", "objective_seed": 7, "learning_rate": 1, "lambda_l2": penalty, **small}
    return lightgbm.train(options, data, 1).predict(features, raw_score=True)


def derivatives_by_xendcg(scores, labels):
    """RankXENDCG of src/objective/rank_objective.hpp, with the seed of these tests; what is ours of it, by us."""
    values = 2.0**labels - np.array(list(random_numbers(7, 4)))
    here = rankloss.compute(scores, values, label_mode="sum_to_one", outputs=("grad_logits", "hess_logits"))
    return series(np.exp(log_softmax(scores)), here["grad_logits"]), here["hess_logits"]


@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 1.0, 1.5]])
def test_light_gbm(weights):
    scores, labels = names_of("LightGBM", "scores", "labels")
    plain, penalised = (values_of_light_gbm(scores, labels, weights, penalty) for penalty in (0, 1))
    hessian = penalised / (plain - penalised)  # of both values there is only one G and H
    expected_gradient, expected_hessian = derivatives_by_xendcg(scores, labels)
    factor = 1 if weights is None else np.array(weights)
    np.testing.assert_allclose(-plain * hessian, factor * expected_gradient, rtol=1e-5)
    np.testing.assert_allclose(hessian, factor * expected_hessian, rtol=1e-5)


def test_a_list_without_a_relevant_item_in_light_gbm():
    scores, labels = section("LightGBM").names["scores"], np.zeros(4)
    gradient, hessian = derivatives_by_xendcg(scores, labels)
    np.testing.assert_allclose(values_of_light_gbm(scores, labels, None, 0), -gradient / hessian, rtol=1e-5)
    here = rankloss.compute(scores, labels, outputs=("grad_logits", "hess_logits"))
    assert not np.any([here["grad_logits"], here["hess_logits"]])


def test_the_numbers_of_light_gbm():
    scores, labels = names_of("LightGBM", "scores", "labels")
    p = np.exp(log_softmax(scores))
    numbers = section("LightGBM").numbers
    close(p - targets_of(labels, 0.5), numbers[:4], 4)
    close(p * (1 - p), numbers[4:], 4)


def test_weights_that_give_each_list_the_same_pull(random):
    scores, gains, offsets = random.standard_normal(9), random.integers(0, 4, 9), [0, 4, 9]
    gains[0] = gains[4] = 1
    weights = 1 / np.repeat(np.add.reduceat(gains, offsets[:-1]), np.diff(offsets))
    options = {"offsets": offsets, "reduction": "sum"}
    _, expected = rankloss.value_and_grad(scores, gains, label_mode="sum_to_one", **options)
    np.testing.assert_allclose(rankloss.value_and_grad(scores, gains, weights=weights, **options)[1], expected, atol=1e-15)


# --- PyTorch ----------------------------------------------------------------------------------------------------------


def test_the_numbers_of_pytorch():
    logits, labels = np.array([[2.0, 1.0, 3.0], [0.0, 3.0, 1.0]]), np.array([[1.0, 0.0, 2.0], [0.0, 0.0, 1.0]])
    numbers = section("PyTorch").numbers
    close(softmax_loss(logits, labels, weights=np.array([1, 2, 0.5]))["loss"], numbers[0], 4)
    assert numbers[0] == numbers[1] and np.isnan(numbers[2])
    close(softmax_loss(logits, labels, where=[[True, False, True], [True] * 3])["loss"], numbers[3], 4)


def test_pytorch(batch):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from rankloss.torch import ranking_softmax_loss

    cross_entropy = torch.nn.functional.cross_entropy
    logits, labels = torch.tensor(batch[0], requires_grad=True), torch.tensor(batch[1])
    weights, e = torch.tensor(batch[3][0]), 0.1
    for reduction in ("mean", "sum", "none"):
        theirs = cross_entropy(logits, labels, weight=weights, label_smoothing=e, reduction=reduction)
        here = ranking_softmax_loss(logits, (1 - e) * labels + e / 7, weights=weights, reduction=reduction)
        torch.testing.assert_close(here, theirs)
    gradients = [torch.autograd.grad(loss(logits, labels), logits)[0] for loss in (cross_entropy, ranking_softmax_loss)]
    torch.testing.assert_close(*gradients)
    cube, targets = torch.randn(2, 7, 3), torch.rand(2, 7, 3)
    here = ranking_softmax_loss(cube.movedim(1, -1), targets.movedim(1, -1), reduction="none")
    torch.testing.assert_close(here, cross_entropy(cube, targets, reduction="none"))
    indices = torch.tensor([0, 1, 2, 3, 4])
    by_index = cross_entropy(logits, indices, weight=weights, reduction="none").sum() / weights[indices].sum()
    torch.testing.assert_close(cross_entropy(logits, indices, weight=weights), by_index)


# --- Recipes ----------------------------------------------------------------------------------------------------------


def test_a_weighted_mean():
    logits, labels, importance = names_of("A weighted mean over lists", "logits", "labels", "importance")
    losses = np.asarray(softmax_loss(logits, labels, reduction=None)["loss"], float)
    close(np.average(losses, weights=importance), section("A weighted mean over lists").numbers[0])
    ragged = ours(logits.ravel(), labels.ravel(), offsets=[0, 3, 6], weights=importance[:, None], divisor=importance.sum())
    np.testing.assert_allclose(ragged, np.average(losses, weights=importance), rtol=1e-14)


def test_ignored_labels():
    masked, unmasked = section("Ignored labels").numbers
    without = [([2.0, 3.0], [1, 2]), ([0.0, 3.0], [0, 0])]
    close(np.mean([softmax_loss(*one)["loss"] for one in without]), masked)
    close(softmax_loss(*names_of("Ignored labels", "logits", "labels"))["loss"], unmasked)


def test_gains():
    logits, labels = names_of("Gains", "logits", "labels")
    close(softmax_loss(logits, [[1, 0, 3], [0, 0, 1]])["loss"], section("Gains").numbers[0])
    assert np.exp2(4) - 1 == 15 * (np.exp2(1) - 1)


def test_label_smoothing():
    logits = section("Label smoothing").names["logits"]
    targets = [[0.9 / 3 + 0.1 / 3, 0.1 / 3, 0.9 * 2 / 3 + 0.1 / 3], [0.05, 0, 0.95]]
    loss = softmax_loss(logits, targets, where=[[True] * 3, [True, False, True]])["loss"]
    close(loss, section("Label smoothing").numbers[0])


def test_the_log_q_correction():
    logits, labels, q = names_of("The logQ correction", "logits", "labels", "q")
    p = np.exp(logits) / q
    p /= p.sum(axis=-1, keepdims=True)
    close(-(labels * np.log(p)).sum(axis=-1).mean(), section("The logQ correction").numbers[0])


def test_a_learnt_temperature():
    title = "A learnt temperature"
    logits, labels, bias, temperature = names_of(title, "logits", "labels", "bias", "temperature")

    def loss(temperature):
        return softmax_loss(logits, labels, bias=bias, temperature=temperature)["loss"]

    value, derivative = section(title).numbers
    h = np.longdouble(1e-6)
    close(loss(temperature), value)
    close((loss(temperature + h) - loss(temperature - h)) / (2 * h), derivative)
    by_logarithm = (loss(temperature * np.exp(h)) - loss(temperature * np.exp(-h))) / (2 * h)
    np.testing.assert_allclose(-float(section(title).names["result"]["jvp"]), float(by_logarithm), rtol=1e-9)


def test_a_learnt_temperature_in_jax_and_pytorch_comes_by_itself():
    title = "A learnt temperature"
    logits, labels, bias, temperature = names_of(title, "logits", "labels", "bias", "temperature")
    derivative = section(title).numbers[1]
    jax = pytest.importorskip("jax", reason="jax is not installed")
    from rankloss.jax import ranking_softmax_loss as in_jax

    by_grad = jax.grad(lambda temperature: in_jax(logits / temperature + bias, labels))(temperature)
    np.testing.assert_allclose(by_grad, derivative, rtol=1e-5)

    torch = pytest.importorskip("torch", reason="torch is not installed")
    from rankloss.torch import ranking_softmax_loss

    variable = torch.tensor(temperature, dtype=torch.float64, requires_grad=True)
    scores = torch.tensor(logits) / variable + torch.tensor(bias)
    (by_autograd,) = torch.autograd.grad(ranking_softmax_loss(scores, torch.tensor(labels)), variable)
    np.testing.assert_allclose(by_autograd.item(), derivative, rtol=1e-6)
    biased = torch.tensor(logits + temperature * bias)
    close(ranking_softmax_loss(biased, torch.tensor(labels), temperature=temperature).item(), section(title).numbers[0])


def test_the_top_k_alone():
    kept = [([2.0, 3.0], [1, 0]), ([0.0, 3.0, 2.0], [1, 0, 0])]
    numbers = section("The top k alone").numbers
    assert numbers[:2] == [len(scores) for scores, _ in kept]
    close(np.mean([softmax_loss(*one)["loss"] for one in kept]), numbers[2])


def test_margins():
    logits, labels = names_of("Margins", "logits", "labels")
    close(softmax_loss(logits - 0.5 * (labels > 0), labels)["loss"], section("Margins").numbers[0])


def test_micro_batches():
    logits, labels = names_of("Micro-batches", "logits", "labels")
    close(softmax_loss(logits, labels)["loss"], section("Micro-batches").numbers[0])
