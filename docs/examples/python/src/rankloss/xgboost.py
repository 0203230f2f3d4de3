"""The ranking softmax loss as an objective of XGBoost.

    from rankloss.xgboost import SoftmaxObjective

XGBoost 2.1 or later. Its scikit-learn interface, XGBRanker, takes no objective of one's own; xgboost.train, xgboost.cv and
xgboost.dask.train do.
"""

from __future__ import annotations

from typing import Any

from xgboost import DMatrix

from ._arrays import NumpyArray
from ._objective import Lists, Objective

__all__ = ["SoftmaxObjective"]


class SoftmaxObjective(Objective):
    """For xgboost.train(..., obj=SoftmaxObjective()), with a DMatrix that has groups.

    gain    "exp2", 2**label - 1; "raw", the label; or a function from the array of a data set's labels to their gains,
            called once for each data set. Another value: ValueError.

    The objective is the sum over the groups of the loss with coefficients gain * weight, where a group's weight is the
    DMatrix's, or 1; its Hessian is the diagonal of the loss's, as it is. `base_score` changes nothing but predictions.

    >>> import numpy as np, xgboost
    >>> from rankloss.xgboost import SoftmaxObjective
    >>> features = np.arange(12.0).reshape(6, 2) % 5
    >>> train = xgboost.DMatrix(features, label=[0, 1, 2, 0, 0, 1], group=[3, 3])
    >>> booster = xgboost.train({"max_depth": 2}, train, num_boost_round=3, obj=SoftmaxObjective())
    >>> booster.predict(train).shape
    (6,)

    One objective serves any number of data sets, at once or one after another, and can be pickled. Labels, weights and
    groups of a DMatrix are read when it is first seen: what is set later is not. Without groups: ValueError.
    """

    def __call__(self, predt: NumpyArray, dtrain: DMatrix) -> tuple[NumpyArray, NumpyArray]:
        """Gradient and Hessian, float32, in the shape of the predictions."""
        lists = self.remembered(dtrain, lambda: self._lists(dtrain))
        gradient, hessian = lists.gradient_and_hessian(predt.reshape(-1))
        return gradient.reshape(predt.shape), hessian.reshape(predt.shape)

    def _lists(self, dtrain: DMatrix) -> Lists:
        offsets = dtrain.get_uint_info("group_ptr")
        if not offsets.size:
            raise ValueError("the DMatrix has no groups: give it group= (sizes) or qid= (an id for each row)")
        weights: Any = dtrain.get_weight()
        return Lists(self.gains(dtrain.get_label()), offsets, weights.reshape(-1, 1) if weights.size else None)
