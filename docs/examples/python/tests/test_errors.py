"""Errors: of the library in its words, of the package in words that name what is wrong."""

import pickle

import numpy as np
import pytest

import rankloss

LOGITS, LABELS = np.zeros((2, 3)), np.ones((2, 3))


@pytest.mark.parametrize(
    "status, arguments",
    [
        (2, dict(logits=np.zeros((2, 3), int))),
        (2, dict(where=np.ones((2, 3)))),
        (3, dict(labels=np.zeros((2, 5)))),
        (3, dict(logits=np.zeros(()))),
        (3, dict(logits=np.zeros((1,) * 9), labels=1)),
        (5, dict(logits=np.zeros(4), labels=np.zeros(4), offsets=[1, 4])),
        (5, dict(logits=np.zeros(4), labels=np.zeros(4), offsets=[0, 3])),
        (6, dict(temperature=-1.0)),
        (6, dict(temperature=0)),
        (6, dict(temperature=float("nan"))),
        (6, dict(divisor=0)),
        (6, dict(divisor=-2.0)),
        (6, dict(divisor=2.0, reduction="sum")),
        (6, dict(num_threads=-1)),
        (6, dict(num_threads=2**40)),
    ],
)
def test_what_the_library_refuses(status, arguments):
    with pytest.raises(rankloss.RankLossError) as caught:
        rankloss.ranking_softmax_loss(**{"logits": LOGITS, "labels": LABELS, **arguments})
    assert isinstance(caught.value, ValueError)
    assert caught.value.status == status
    assert next(iter(arguments)) in str(caught.value) or "offsets" in str(caught.value) or "divisor" in str(caught.value)


def test_an_error_can_be_pickled():
    with pytest.raises(rankloss.RankLossError) as caught:
        rankloss.ranking_softmax_loss(LOGITS, LABELS[:, :2])
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(copy), copy.status) == (str(caught.value), 3)


@pytest.mark.parametrize(
    "error, words, arguments",
    [
        (ValueError, "reduction: 'average'", dict(reduction="average")),
        (ValueError, r"reduction: \['mean'\]", dict(reduction=["mean"])),
        (ValueError, "label_mode: 'listnet'", dict(label_mode="listnet")),
        (ValueError, "outputs: 'gradient'", dict(outputs=("gradient",))),
        (TypeError, "accumulator: a list", dict(accumulator=[])),
        (TypeError, "labels: dtype object", dict(labels=None)),
        (ValueError, "labels: .*inhomogeneous", dict(labels=[[1, 2, 3], [1]])),
        (TypeError, "num_threads: 1.5 is not an integer", dict(num_threads=1.5)),
        (TypeError, "temperature: 'hot' is not a number", dict(temperature="hot")),
        (TypeError, "divisor: .* is not a number", dict(divisor=[1.0, 2.0])),
    ],
)
def test_what_the_package_refuses(error, words, arguments):
    with pytest.raises(error, match=words) as caught:
        rankloss.compute(**{"logits": LOGITS, "labels": LABELS, **arguments})
    assert not isinstance(caught.value, rankloss.RankLossError)


def test_on_an_error_nothing_is_written():
    out = np.full((2, 3), 7.0)
    accumulator = rankloss.Accumulator()
    with pytest.raises(rankloss.RankLossError):
        rankloss.compute(LOGITS, LABELS[:, :2], out={"grad_logits": out}, accumulator=accumulator)
    assert (out == 7).all()
    assert accumulator.count == 0


def test_tangents_are_asked_for():
    with pytest.raises(rankloss.RankLossError, match="tangent"):
        rankloss.compute(LOGITS, LABELS, outputs=("jvp",))
