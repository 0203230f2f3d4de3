"""XGBoost on two workers of Dask, with the objective of rankloss.xgboost.

    python xgboost_dask.py

XGBoost calls the objective in each worker, with the rows that this has, and adds up the histograms of gradients and Hessians
over the workers. The objective's gradients are those of the sum over lists, so that this is the sum over all lists. A mean
would be one of each worker's own lists: never divide by their number.
"""

import numpy as np
import xgboost
import xgboost.dask
from dask_workers import on_workers, two_workers
from distributed import Client
from made_up_lists import made_up_lists

import rankloss
from rankloss.xgboost import SoftmaxObjective

PARAMETERS = {"max_depth": 3, "eta": 0.3}
ROUNDS = 20


def main():
    features, grades, offsets = made_up_lists(200, smallest=2)
    ids = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    with two_workers() as cluster, Client(cluster) as client:
        distributed = train_on_workers(client, features, grades, ids, offsets[60])
    data = xgboost.DMatrix(features, label=grades, qid=ids)
    alone = xgboost.train(PARAMETERS, data, ROUNDS, obj=SoftmaxObjective())

    def mean_loss(scores):
        return rankloss.ranking_softmax_loss(scores, np.exp2(grades) - 1, offsets=offsets)

    print(f"untrained    {mean_loss(np.zeros(len(grades))):.2f}")
    print(f"one worker   {mean_loss(alone.predict(data)):.2f}")
    print(f"two workers  {mean_loss(distributed.predict(data)):.2f}")


def train_on_workers(client, features, grades, ids, cut, objective=None):
    """Rows before the cut on the first worker, the others on the second. Ids increase, or XGBoost sorts the rows by them."""
    if ids[cut - 1] == ids[cut]:
        raise ValueError(f"the list {ids[cut]} would span workers: cut where a list ends")
    rows, labels, qid = (on_workers(client, array, [cut]) for array in (features, grades, ids))
    data = xgboost.dask.DaskDMatrix(client, rows, labels, qid=qid)
    trained = xgboost.dask.train(client, PARAMETERS, data, ROUNDS, obj=objective or SoftmaxObjective())
    return trained["booster"]


if __name__ == "__main__":
    main()
