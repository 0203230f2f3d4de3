"""What the objectives of boosted trees share: gains of labels, and what is remembered of a data set. Knows no framework."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np

from ._arrays import NumpyArray
from ._softmax import compute

Gain = Literal["raw", "exp2"] | Callable[[NumpyArray], Any]


class Lists(NamedTuple):
    """A data set, as the loss wants it."""

    gains: NumpyArray
    offsets: NumpyArray
    weights: NumpyArray | None

    def gradient_and_hessian(self, scores: NumpyArray) -> tuple[NumpyArray, NumpyArray]:
        """Of the sum over the lists: a mean's 1 / num_lists would drown in what the trees are regularised by."""
        result = compute(
            scores,
            self.gains,
            weights=self.weights,
            offsets=self.offsets,
            reduction="sum",
            out={name: np.empty(scores.shape, np.float32) for name in ("grad_logits", "hess_logits")},
        )
        return result["grad_logits"], result["hess_logits"]


class Objective:
    """The gain, and a data set's Lists for as long as there is the data set.

    Copies share what is remembered, for frameworks copy their parameters; other processes begin anew.
    """

    def __init__(self, gain: Gain = "exp2") -> None:
        if not callable(gain) and gain not in ("raw", "exp2"):
            raise ValueError(f"gain: {gain!r} is neither 'raw' nor 'exp2', and is not a function")
        self.gain = gain
        self._remembered: list[tuple[weakref.ref[Any], Lists]] = []

    def gains(self, labels: Any) -> NumpyArray:
        """What the labels of a data set are worth, one for each."""
        labels = np.array(labels, np.float64)
        if callable(self.gain):
            gains = np.asarray(self.gain(labels))
            if gains.shape != labels.shape:
                raise ValueError(f"gain: of labels of shape {labels.shape} it made gains of shape {gains.shape}")
            return gains
        return np.exp2(labels) - 1 if self.gain == "exp2" else labels

    def remembered(self, key: Any, make: Callable[[], Lists]) -> Lists:
        """What `make` made of the data set that `key` is of. An id would be that of another object once this is gone."""
        self._remembered = [entry for entry in self._remembered if entry[0]() is not None]
        for of, lists in self._remembered:
            if of() is key:
                return lists
        lists = make()
        self._remembered.append((weakref.ref(key), lists))
        return lists

    def __deepcopy__(self, memo: Any) -> Objective:
        return self

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_remembered": []}

    def __repr__(self) -> str:
        return f"{type(self).__name__}(gain={self.gain!r})"
