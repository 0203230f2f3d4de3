"""The batches that are timed, as NumPy arrays, and the plain formula in float64 that answers are held against."""

import dataclasses
import functools

import numpy as np

MSLR_LISTS = 31531


@dataclasses.dataclass
class Batch:
    """A ragged batch, or a dense one of n items a list (n is 0 where it is ragged)."""

    name: str
    n: int
    offsets: np.ndarray
    logits: np.ndarray
    labels: np.ndarray

    @property
    def items(self):
        return self.logits.size

    @property
    def lengths(self):
        return np.diff(self.offsets)

    @functools.cached_property
    def expected(self):
        """Loss summed over the lists, gradient, Hessian diagonal, in float64."""
        starts, lengths = self.offsets[:-1], self.lengths
        s, y = self.logits.astype(np.float64), self.labels.astype(np.float64)
        x = s - np.repeat(np.maximum.reduceat(s, starts), lengths)
        e = np.exp(x)
        total = np.add.reduceat(e, starts)
        weight = np.add.reduceat(y, starts)
        p = e / np.repeat(total, lengths)
        mass = np.repeat(weight, lengths) * p
        loss = np.sum(weight * np.log(total)) - np.sum(y * x)
        return loss, mass - y, mass * (1 - p)


def _labels(random, items):
    return random.choice(5, size=items, p=[0.52, 0.32, 0.13, 0.02, 0.01])


def dense(n, items):
    """Lists of n items, items in all, with float labels."""
    random = np.random.default_rng(1)
    lists = max(1, items // n)
    offsets = np.arange(lists + 1, dtype=np.int64) * n
    logits = 2 * random.standard_normal(lists * n, dtype=np.float32)
    return Batch("dense", n, offsets, logits, _labels(random, lists * n).astype(np.float32))


def mslr():
    """Shaped like MSLR-WEB30K: lengths LogNormal(ln 100, 0.6) cut to 1..1250, integer labels."""
    random = np.random.default_rng(1)
    lengths = np.clip(np.floor(random.lognormal(np.log(100), 0.6, MSLR_LISTS)), 1, 1250).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    items = int(offsets[-1])
    logits = 2 * random.standard_normal(items, dtype=np.float32)
    return Batch("mslr", 0, offsets, logits, _labels(random, items).astype(np.int32))


def check(who, batch, answer, tolerance):
    """Raises where the answer (loss, gradient, Hessian; None for what was not asked for) is wrong."""
    loss, grad, hess = batch.expected
    scale = np.abs(grad) + 2 * batch.labels + np.abs(hess) + 1e-30
    seen = [None if part is None else np.asarray(part, dtype=np.float64).reshape(-1) for part in answer]
    errors = {
        "loss": None if seen[0] is None else abs(float(seen[0][0]) - loss) / abs(loss),
        "gradient": None if seen[1] is None else float(np.max(np.abs(seen[1] - grad) / scale)),
        "Hessian": None if seen[2] is None else float(np.max(np.abs(seen[2] - hess) / scale)),
    }
    for what, error in errors.items():
        if error is not None and not error <= tolerance:
            raise SystemExit(f"wrong answer: {who}, n = {batch.n}: {what} is off by {error:.3g} of its scale")
