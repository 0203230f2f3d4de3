"""LightGBM on two workers of Dask, with the objective of rankloss.lightgbm.

    python lightgbm_dask.py

LightGBM calls the objective in each worker, with the rows and groups that this has, and adds up the histograms of gradients
and Hessians over the workers. The objective's gradients are those of the sum over lists, so that this is the sum over all
lists. A mean would be one of each worker's own lists: never divide by their number.
"""

import lightgbm
import numpy as np
from dask_workers import on_workers, two_workers
from distributed import Client
from made_up_lists import made_up_lists

import rankloss
from rankloss.lightgbm import SoftmaxObjective

PARAMETERS = {"n_estimators": 20, "num_leaves": 8, "learning_rate": 0.3, "verbose": -1}


def main():
    features, grades, offsets = made_up_lists(200, smallest=2)
    sizes = np.diff(offsets)
    with two_workers() as cluster, Client(cluster) as client:
        distributed = train_on_workers(client, features, grades, sizes, 60)
    alone = lightgbm.LGBMRanker(objective=SoftmaxObjective(), **PARAMETERS).fit(features, grades, group=sizes)

    def mean_loss(scores):
        return rankloss.ranking_softmax_loss(scores, np.exp2(grades) - 1, offsets=offsets)

    print(f"untrained    {mean_loss(np.zeros(len(grades))):.2f}")
    print(f"one worker   {mean_loss(alone.predict(features)):.2f}")
    print(f"two workers  {mean_loss(distributed.predict(features)):.2f}")


def train_on_workers(client, features, grades, sizes, cut, objective=None):
    """The first `cut` lists on the first worker, the others on the second."""
    row = sizes[:cut].sum()
    rows, labels = (on_workers(client, array, [row]) for array in (features, grades))
    groups = on_workers(client, sizes, [cut])
    ranker = lightgbm.DaskLGBMRanker(client=client, objective=objective or SoftmaxObjective(), **PARAMETERS)
    return ranker.fit(rows, labels, group=groups).to_local()


if __name__ == "__main__":
    main()
