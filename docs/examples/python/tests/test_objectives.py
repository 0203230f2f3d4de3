"""The objectives of XGBoost and LightGBM: the definition's gradient and Hessian diagonal, and trees that learn from them."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest
from reference import loss_of_list

import rankloss

SIZES = [7, 1, 12, 30]


@pytest.fixture
def data(random):
    features = random.standard_normal((50, 5)).astype("f4")
    grades = np.clip(np.round(features[:, 0] + 0.5 * random.standard_normal(50) + 1), 0, 4)
    return features, grades


def expected(scores, gains, weights):
    """Gradient and Hessian of the sum over the lists, in long double."""
    gradient, hessian = [], []
    start = 0
    for size in SIZES:
        part = slice(start, start + size)
        _, by_logits, _, _, diagonal = loss_of_list(scores[part], gains[part], weights[part], [True] * size)
        gradient.extend(by_logits)
        hessian.extend(diagonal)
        start += size
    return np.array(gradient, float), np.array(hessian, float)


def loss(scores, grades):
    offsets = rankloss.offsets_from_sizes(SIZES)
    return rankloss.ranking_softmax_loss(scores.astype("f8"), 2**grades - 1, offsets=offsets)


GAINS = {"raw": lambda y: y, "exp2": lambda y: 2**y - 1, "function": lambda y: np.sqrt(y)}


def objective_of(kind, gain):
    module = pytest.importorskip(kind, reason=f"{kind} is not installed, which rankloss.{kind} is for")
    if kind == "xgboost":
        from rankloss.xgboost import SoftmaxObjective
    else:
        from rankloss.lightgbm import SoftmaxObjective
    return module, SoftmaxObjective(gain=gain)


def data_set(kind, module, features, grades, weights=None):
    if kind == "xgboost":
        made = module.DMatrix(features, label=grades)
        made.set_group(SIZES)
        if weights is not None:
            made.set_weight(weights)
        return made
    return module.Dataset(features, label=grades, weight=weights, group=SIZES, params={"verbose": -1}).construct()


@pytest.mark.parametrize("kind", ["xgboost", "lightgbm"])
@pytest.mark.parametrize("gain", GAINS)
@pytest.mark.parametrize("weighted", [False, True])
def test_gradient_and_hessian(data, random, kind, gain, weighted):
    features, grades = data
    module, objective = objective_of(kind, GAINS[gain] if gain == "function" else gain)
    weights = random.uniform(0.5, 2, len(SIZES) if kind == "xgboost" else 50).astype("f4") if weighted else None
    made = data_set(kind, module, features, grades, weights)
    scores = random.standard_normal(50).astype("f4" if kind == "xgboost" else "f8")
    by_row = np.ones(50) if weights is None else np.repeat(weights, SIZES) if kind == "xgboost" else weights
    gradient, hessian = objective(scores, made)
    exact_gradient, exact_hessian = expected(scores, GAINS[gain](grades), by_row)
    assert gradient.dtype == hessian.dtype == np.float32
    np.testing.assert_allclose(gradient, exact_gradient, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(hessian, exact_hessian, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("kind", ["xgboost", "lightgbm"])
def test_a_gain_is_computed_once_for_each_data_set(data, kind):
    features, grades = data
    calls = []

    def gain(labels):
        calls.append(labels)
        return labels

    module, objective = objective_of(kind, gain)
    first, second = (data_set(kind, module, features, (1 + k) * grades) for k in (0, 1))
    scores = np.zeros(50, "f4")
    before = [objective(scores, made)[0] for made in (first, second, first, second)]
    assert len(calls) == 2
    np.testing.assert_array_equal(before[0], before[2])
    assert not np.array_equal(before[0], before[1])
    np.testing.assert_array_equal(copy.deepcopy(objective)(scores, first)[0], before[0])
    assert len(calls) == 2


@pytest.mark.parametrize("kind", ["xgboost", "lightgbm"])
def test_a_data_set_is_not_kept_alive_and_not_mistaken_for_another(data, kind):
    features, grades = data
    module, objective = objective_of(kind, "raw")
    for k in range(20):
        made = data_set(kind, module, features, (1 + k) * grades)
        gradient, _ = objective(np.zeros(50, "f4"), made)
        exact, _ = expected(np.zeros(50), (1 + k) * grades, np.ones(50))
        np.testing.assert_allclose(gradient, exact, rtol=1e-5, atol=1e-4)
        alive = weakref.ref(made)
        del made
        gc.collect()
        assert alive() is None


@pytest.mark.parametrize("kind", ["xgboost", "lightgbm"])
def test_it_can_be_pickled_and_shown(data, kind):
    features, grades = data
    module, objective = objective_of(kind, "exp2")
    made = data_set(kind, module, features, grades)
    gradient, _ = objective(np.zeros(50, "f4"), made)
    copied = pickle.loads(pickle.dumps(objective))
    np.testing.assert_array_equal(copied(np.zeros(50, "f4"), made)[0], gradient)
    assert repr(copied) == "SoftmaxObjective(gain='exp2')"


@pytest.mark.parametrize("kind", ["xgboost", "lightgbm"])
def test_what_is_refused(data, kind):
    features, grades = data
    with pytest.raises(ValueError, match="gain: 'log2'"):
        objective_of(kind, "log2")
    module, objective = objective_of(kind, "exp2")
    if kind == "xgboost":
        without = module.DMatrix(features, label=grades)
    else:
        without = module.Dataset(features, label=grades, params={"verbose": -1}).construct()
    with pytest.raises(ValueError, match="no groups"):
        objective(np.zeros(50, "f4"), without)
    _, wrong = objective_of(kind, lambda labels: labels[:3])
    with pytest.raises(ValueError, match=r"gain: of labels of shape \(50,\)"):
        wrong(np.zeros(50, "f4"), data_set(kind, module, features, grades))


def test_xgboost_learns(data):
    features, grades = data
    xgboost, objective = objective_of("xgboost", "exp2")
    train = data_set("xgboost", xgboost, features, grades)
    parameters = {"max_depth": 3, "base_score": 0, "nthread": 1}
    losses = []
    for rounds in (1, 5, 20):
        booster = xgboost.train(parameters, train, num_boost_round=rounds, obj=objective)
        losses.append(loss(booster.predict(train), grades))
    assert loss(np.zeros(50), grades) > losses[0] > losses[1] > losses[2]


def loss_of_fold(predictions, data):
    offsets = data.get_uint_info("group_ptr")
    return "loss", float(rankloss.ranking_softmax_loss(predictions, 2 ** data.get_label() - 1, offsets=offsets))


def test_xgboost_cross_validates_and_takes_ids(data):
    features, grades = data
    xgboost, objective = objective_of("xgboost", "exp2")
    train = xgboost.DMatrix(features, label=grades, qid=np.repeat(range(4), SIZES))
    made = data_set("xgboost", xgboost, features, grades)
    for one, other in zip(objective(np.zeros(50, "f4"), train), objective(np.zeros(50, "f4"), made)):
        np.testing.assert_array_equal(one, other)
    folds = xgboost.cv(
        {"nthread": 1, "base_score": 0}, made, 3, nfold=2, obj=objective, custom_metric=loss_of_fold, as_pandas=False
    )
    losses = folds["train-loss-mean"]
    assert losses == sorted(losses, reverse=True)


def test_lightgbm_learns(data):
    features, grades = data
    lightgbm, objective = objective_of("lightgbm", "exp2")
    parameters = {"objective": objective, "min_data_in_leaf": 3, "num_threads": 1, "verbose": -1}
    losses = []
    for rounds in (1, 5, 20):
        train = lightgbm.Dataset(features, label=grades, group=SIZES)
        booster = lightgbm.train(parameters, train, num_boost_round=rounds)
        losses.append(loss(booster.predict(features), grades))
    assert loss(np.zeros(50), grades) > losses[0] > losses[1] > losses[2]


def test_lightgbm_s_ranker_makes_the_same_trees(data, random):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed, which LGBMRanker needs")
    features, grades = data
    calls = []

    def gain(labels):
        calls.append(1)
        return 2**labels - 1

    lightgbm, objective = objective_of("lightgbm", gain)
    weights = random.uniform(0.5, 2, 50)
    parameters = dict(min_data_in_leaf=3, num_threads=1, verbose=-1, learning_rate=0.1)
    train = lightgbm.Dataset(features, label=grades, weight=weights, group=SIZES)
    booster = lightgbm.train({"objective": objective, **parameters}, train, num_boost_round=10)
    assert len(calls) == 1
    ranker = lightgbm.LGBMRanker(objective=objective, n_estimators=10, min_child_samples=3, n_jobs=1, verbose=-1)
    ranker.fit(features, grades, group=SIZES, sample_weight=weights)
    assert len(calls) == 2
    np.testing.assert_array_equal(booster.predict(features), ranker.predict(features))
    with pytest.raises(ValueError, match="no groups"):
        objective(grades, np.zeros(50), None, None)
