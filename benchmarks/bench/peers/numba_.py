"""numba: three loops a list, lists in parallel, fast maths, and an exp by hand, since numba calls libm's one at a
time where no vector library of Intel's is installed."""

import numba
import numpy as np

NAME = "numba"


@numba.njit(fastmath=True, inline="always")
def _exp(x):
    """exp(x) for -87 < x <= 0: x = n ln 2 + r, the Taylor polynomial of e^r, the bits of 2^n."""
    n = np.floor(x * np.float32(1.44269504) + np.float32(0.5))
    r = x - n * np.float32(0.693145752) - n * np.float32(1.42860677e-6)
    p = np.float32(1 / 720)
    p = p * r + np.float32(1 / 120)
    p = p * r + np.float32(1 / 24)
    p = p * r + np.float32(1 / 6)
    p = p * r + np.float32(0.5)
    p = p * r + np.float32(1)
    p = p * r + np.float32(1)
    return p * np.int32((np.int32(n) + np.int32(127)) << np.int32(23)).view(np.float32)


@numba.njit(fastmath=True, parallel=True, error_model="numpy")
def _batch(offsets, logits, labels, grads, hesses):
    """grads and hesses may be None; numba then compiles without what writes them.

    The slices are what lets it use vectors: it knows that their indices are not negative.
    """
    loss = 0.0
    for k in numba.prange(offsets.size - 1):
        s, y = logits[offsets[k] : offsets[k + 1]], labels[offsets[k] : offsets[k + 1]]
        if grads is not None:
            grad = grads[offsets[k] : offsets[k + 1]]
        if hesses is not None:
            hess = hesses[offsets[k] : offsets[k + 1]]
        top = s[0]
        for i in range(s.size):
            top = max(top, s[i])
        sums, weight, dot = np.float32(0), np.float32(0), np.float32(0)
        for i in range(s.size):
            x = s[i] - top
            e = _exp(x)
            label = np.float32(y[i])
            sums += e
            weight += label
            dot += label * x
            if grads is not None:
                grad[i] = e
        if grads is not None:
            scale = np.float32(1) / sums
            for i in range(s.size):
                p = grad[i] * scale
                if hesses is not None:
                    hess[i] = weight * p * (np.float32(1) - p)
                grad[i] = weight * p - np.float32(y[i])
        loss += weight * np.log(sums) - dot
    return loss


def prepare(batch, work, threads):
    numba.set_num_threads(threads)
    grad = None if work == "loss" else np.zeros_like(batch.logits)
    hess = np.zeros_like(batch.logits) if work == "hessian" else None

    def call():
        return _batch(batch.offsets, batch.logits, batch.labels, grad, hess), grad, hess

    return call
