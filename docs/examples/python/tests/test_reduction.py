"""Reductions that are Python functions."""

import threading

import numpy as np
import pytest

import rankloss

LOGITS = np.array([[2.0, 1.0, 3.0], [0.0, 3.0, 1.0], [1.0, 1.0, 1.0]], np.float32)
LABELS = np.array([[1, 0, 2], [0, 0, 1], [1, 1, 1]])
WHERE = np.array([[True, True, True], [True, True, True], [False, False, False]])


def test_it_gets_the_losses_in_double_and_which_are_counted():
    kept = []

    def largest(losses, counted):
        kept.extend([losses, counted])
        return losses.max()

    loss = rankloss.ranking_softmax_loss(LOGITS, LABELS, where=WHERE, reduction=largest)
    losses, counted = kept
    assert losses.dtype == np.float64 and counted.dtype == np.bool_
    assert counted.tolist() == [True, True, False]
    per_list = rankloss.ranking_softmax_loss(LOGITS.astype("f8"), LABELS, where=WHERE, reduction=None)
    np.testing.assert_allclose(losses, per_list, rtol=1e-6)
    assert type(loss) is np.float32 and loss == np.float32(losses.max())


def test_what_it_gets_is_its_own_to_keep_and_to_change():
    kept = []
    for _ in range(50):
        rankloss.ranking_softmax_loss(LOGITS, LABELS, reduction=lambda losses, counted: kept.append((losses, counted)) or 0)
    expected = kept[0][0].copy()
    for losses, counted in kept:
        np.testing.assert_array_equal(losses, expected)
        assert counted.all()
        losses += 1
        counted[:] = False


@pytest.mark.parametrize("error", [ZeroDivisionError("of the caller's"), KeyboardInterrupt()])
def test_what_it_raises_reaches_the_caller(error):
    def fails(losses, counted):
        raise error

    with pytest.raises(type(error)) as caught:
        rankloss.ranking_softmax_loss(LOGITS, LABELS, reduction=fails)
    assert caught.value is error


def test_it_has_to_return_a_number():
    with pytest.raises(TypeError):
        rankloss.ranking_softmax_loss(LOGITS, LABELS, reduction=lambda losses, counted: None)


def test_it_has_no_derivative():
    with pytest.raises(ValueError, match="a function has no derivative"):
        rankloss.value_and_grad(LOGITS, LABELS, reduction=lambda losses, counted: losses.sum())


def test_it_may_call_the_library_itself():
    def inner(losses, counted):
        return rankloss.ranking_softmax_loss(LOGITS, LABELS)

    assert rankloss.ranking_softmax_loss(LOGITS, LABELS, reduction=inner) == rankloss.ranking_softmax_loss(LOGITS, LABELS)


def test_an_error_of_the_library_is_not_taken_for_one_of_the_function():
    called = []
    with pytest.raises(rankloss.RankLossError, match="labels"):
        rankloss.ranking_softmax_loss(LOGITS, LABELS[:, :2], reduction=lambda *_: called.append(1) or 0)
    assert not called


def test_functions_of_many_threads_at_once():
    failures = []

    def run(number):
        for _ in range(200):
            if rankloss.ranking_softmax_loss(LOGITS, LABELS, reduction=lambda *_: number) != number:
                failures.append(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
