"""A batch in micro-batches of any sizes, each called with the number of all lists for the divisor.

    python micro_batches.py

The loss, and the gradient by the scores, have the bits of one call. The gradient by the weights of a model is a sum over
items, of which floating-point numbers round every step: it has the same bits where the steps are the same, list by list in
the order of the lists, and differs in the last places where each micro-batch is summed by itself.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from made_up_lists import made_up_lists

import rankloss


class Step(NamedTuple):
    loss: np.float32
    by_scores: np.ndarray
    by_weights: np.ndarray
    """Summed list by list."""
    by_weights_at_once: np.ndarray
    """Summed by a product of matrices for each micro-batch, as frameworks do it."""
    mean_of_means: float
    """What the mean of the micro-batches' own means would be."""


def step(weights, features, grades, offsets, sizes):
    """The loss and gradients of a linear model; `sizes` are the numbers of lists in the micro-batches."""
    count = rankloss.count_lists(grades, offsets=offsets)
    total, means, by_scores = rankloss.Accumulator(), [], []
    by_weights, by_weights_at_once = np.zeros_like(weights), np.zeros_like(weights)
    for of_part in cut(offsets, sizes):
        items = slice(of_part[0], of_part[-1])
        part, lists = features[items], of_part - of_part[0]
        scores = scores_of_lists(part, lists, weights)

        accumulator = rankloss.Accumulator()
        gradient = rankloss.compute(
            scores, grades[items], offsets=lists, divisor=count, outputs=("grad_logits",), accumulator=accumulator
        )["grad_logits"]

        total.merge(accumulator)
        means.append(accumulator.mean())
        by_scores.append(gradient)
        by_weights_at_once += part.T @ gradient
        for one in slices(lists):
            by_weights += part[one].T @ gradient[one]
    return Step(total.mean(dtype=np.float32), np.concatenate(by_scores), by_weights, by_weights_at_once, np.mean(means))


def cut(offsets, sizes):
    """The offsets of each micro-batch."""
    ends = np.cumsum(sizes)
    return [offsets[end - size : end + 1] for size, end in zip(sizes, ends)]


def slices(offsets):
    return [slice(*ends) for ends in pairwise(offsets)]


def scores_of_lists(features, offsets, weights):
    """List by list: a product of matrices may round the scores of a list otherwise beside other lists."""
    scores = np.empty(len(features), np.float32)
    for one in slices(offsets):
        scores[one] = features[one] @ weights
    return scores


def main():
    features, grades, offsets = made_up_lists(64)
    weights = np.array([1, -1, 0.5, 0, 0, 0.25], np.float32)
    whole = step(weights, features, grades, offsets, [64])
    loss, gradient = rankloss.value_and_grad(scores_of_lists(features, offsets, weights), grades, offsets=offsets)
    print(f"one call: loss {loss:.4f}")
    for sizes in ([64], [32, 32], [1] * 64, [50, 13, 1], [3, 5, 40, 0, 16]):
        parts = step(weights, features, grades, offsets, sizes)
        print(f"micro-batches of {', '.join(map(str, sizes)) if len(sizes) < 64 else '1'} lists")
        print(f"    loss                                 {parts.loss:.4f}, {bits(parts.loss, loss)}")
        print(f"    gradient by the scores               {bits(parts.by_scores, gradient)}")
        print(f"    gradient by the weights, by lists    {bits(parts.by_weights, whole.by_weights)}")
        print(f"    gradient by the weights, at once     {bits(parts.by_weights_at_once, whole.by_weights_at_once)}")
        print(f"    mean of means, for comparison        {parts.mean_of_means:.4f}")


def bits(these, those):
    if np.array_equal(these, those):
        return "the same bits"
    return f"differs by {np.max(np.abs(these - those) / np.max(np.abs(those))):.1e} of the largest"


if __name__ == "__main__":
    main()
