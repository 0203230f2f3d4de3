"""The ranking softmax loss as an objective of LightGBM.

    from rankloss.lightgbm import SoftmaxObjective

LightGBM 4.0 or later. Where other programs need the same cores, OMP_WAIT_POLICY=passive in the environment keeps the
threads of LightGBM from spinning while they wait.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from lightgbm import Dataset

from ._arrays import NumpyArray
from ._lists import offsets_from_sizes
from ._objective import Lists, Objective

__all__ = ["SoftmaxObjective"]

_NO_GROUPS = "the data set has no groups: give it group=, the number of rows of each list"


class SoftmaxObjective(Objective):
    """For lightgbm.train({"objective": SoftmaxObjective(), ...}, data) and LGBMRanker(objective=SoftmaxObjective()).

    gain    "exp2", 2**label - 1; "raw", the label; or a function from the array of a data set's labels to their gains,
            called once for each data set. Another value: ValueError.

    The objective is the sum over the groups of the loss with coefficients gain * weight, where weights are those of the
    rows, or 1; its Hessian is the diagonal of the loss's, as it is. Clicks, whose Hessians are small, want lambda_l2=1 and
    min_sum_hessian_in_leaf=1.

    >>> import numpy as np, lightgbm
    >>> from rankloss.lightgbm import SoftmaxObjective
    >>> features = np.arange(80.0).reshape(40, 2) % 7
    >>> train = lightgbm.Dataset(features, label=np.arange(40) % 3, group=[10, 30])
    >>> parameters = {"objective": SoftmaxObjective(), "min_data_in_leaf": 2, "verbose": -1}
    >>> lightgbm.train(parameters, train, num_boost_round=3).num_trees()
    3

    One objective serves any number of data sets, at once or one after another, and can be pickled. Labels, weights and
    groups of a data set are read when it is first seen: what is set later is not. Without groups: ValueError.
    """

    def __call__(
        self, y_true: NumpyArray, y_pred: Any, weight: NumpyArray | None = None, group: NumpyArray | None = None
    ) -> tuple[NumpyArray, NumpyArray]:
        """Gradient and Hessian, float32: of (labels, scores, weights, sizes) as LGBMRanker has them, or of (scores, data).

        LGBMRanker counts the parameters to learn what it may give, so that there have to be these four.
        """
        if isinstance(y_pred, Dataset):
            scores, data = y_true, y_pred
            return self.remembered(data, lambda: self._lists(data)).gradient_and_hessian(scores)
        if group is None:
            raise ValueError(_NO_GROUPS)
        lists = self.remembered(y_true, lambda: Lists(self.gains(y_true), offsets_from_sizes(group), weight))
        return lists.gradient_and_hessian(y_pred)

    def _lists(self, data: Dataset) -> Lists:
        offsets = data.get_field("group")
        if offsets is None:
            raise ValueError(_NO_GROUPS)
        weights = data.get_weight()
        return Lists(self.gains(data.get_label()), np.array(offsets), None if weights is None else np.array(weights))
