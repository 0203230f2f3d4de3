"""Two workers of Dask on this machine, and arrays of which each has whole lists."""

import dask.array
import numpy as np
from distributed import Client, LocalCluster


def two_workers():
    """A process each, to which Dask talks on this machine alone."""
    return LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None)


def on_workers(client: Client, array, cuts):
    """The array's rows up to each of the cuts on a worker of their own, and the rest on one more.

    Engines of trees train on what a worker has, and never ask another for the rest of a list: cuts have to be offsets. A
    list that spans workers would be two lists, in silence.
    """
    parts = [dask.array.from_array(part, chunks=part.shape, name=False) for part in np.split(array, cuts)]
    workers = sorted(client.nthreads())
    # Where a worker is lost others may make its part anew, though not by the name that a lost one had.
    placed = [part.persist(workers=[worker], allow_other_workers=True) for part, worker in zip(parts, workers)]
    return dask.array.concatenate(placed)
