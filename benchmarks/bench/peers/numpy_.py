"""NumPy: along the last axis for dense batches, reduceat for ragged ones."""

import numpy as np

NAME = "numpy"


def _dense(batch, work):
    s, y = batch.logits.reshape(-1, batch.n), batch.labels.reshape(-1, batch.n)

    def call():
        x = s - s.max(axis=-1, keepdims=True)
        e = np.exp(x)
        sums = e.sum(axis=-1, keepdims=True)
        loss = -(y * (x - np.log(sums))).sum()
        if work == "loss":
            return loss, None, None
        return loss, y.sum(axis=-1, keepdims=True) * (e / sums) - y, None

    return call


def _ragged(batch, work):
    starts, lengths = batch.offsets[:-1], batch.lengths

    def call():
        s, y = batch.logits, batch.labels.astype(np.float32)
        x = s - np.repeat(np.maximum.reduceat(s, starts), lengths)
        e = np.exp(x)
        sums, weights = np.add.reduceat(e, starts), np.add.reduceat(y, starts)
        loss = (weights * np.log(sums)).sum() - (y * x).sum()
        if work == "loss":
            return loss, None, None
        p = e / np.repeat(sums, lengths)
        mass = np.repeat(weights, lengths) * p
        return loss, mass - y, mass * (1 - p) if work == "hessian" else None

    return call


def prepare(batch, work, threads):
    if not batch.n:
        return _ragged(batch, work)
    return None if work == "hessian" else _dense(batch, work)
