"""Kills a worker while it computes gradients; prints what the engine says, and the loss after training again.

Its argument is the engine: xgboost or lightgbm.
"""

import os
import signal
import sys
from pathlib import Path

import numpy as np
from distributed import Client

import rankloss

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))


def gain(labels):
    """Called in each worker with the labels that it has; the one with fewer of them does not survive it."""
    if len(labels) < 1500:
        os.kill(os.getpid(), signal.SIGKILL)
    return np.exp2(labels) - 1


def main(engine):
    from dask_workers import two_workers
    from made_up_lists import made_up_lists

    features, grades, offsets = made_up_lists(200, smallest=2)
    sizes = np.diff(offsets)
    if engine == "xgboost":
        import xgboost
        from xgboost_dask import train_on_workers

        from rankloss.xgboost import SoftmaxObjective

        lists, cut, of_features = np.repeat(np.arange(len(sizes)), sizes), offsets[60], xgboost.DMatrix(features)
    else:
        from lightgbm_dask import train_on_workers

        from rankloss.lightgbm import SoftmaxObjective

        lists, cut, of_features = sizes, 60, features
    with two_workers() as cluster, Client(cluster) as client:
        workers = set(client.nthreads())
        try:
            train_on_workers(client, features, grades, lists, cut, SoftmaxObjective(gain=gain))
        except Exception as error:
            print(f"{type(error).__name__}: {error}")
        client.wait_for_workers(2)
        print("workers in the place of the lost:", len(set(client.nthreads()) - workers))
        model = train_on_workers(client, features, grades, lists, cut)
        loss = rankloss.ranking_softmax_loss(model.predict(of_features), np.exp2(grades) - 1, offsets=offsets)
        print(f"trained again: {loss:.2f}")


if __name__ == "__main__":
    main(sys.argv[1])
