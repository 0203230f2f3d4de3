"""The ranking softmax loss for JAX, with the meaning that optax and braintools give it, computed by the C library.

    from rankloss.jax import ranking_softmax_loss

It is a drop-in for optax.ranking_softmax_loss and braintools.metric.ranking_softmax_loss. Needs jax 0.6 or later, and
computes on the CPU.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jax.typing import ArrayLike

from . import _xla
from ._options import MEAN, NONE, SUM

__all__ = ["ranking_softmax_loss"]

_FLOATS = ("float32", "float64", "float16", "bfloat16")
_OTHERS = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
_REDUCTIONS = {"mean": jnp.mean, "sum": jnp.sum, "none": None}
_CODES = {jnp.mean: MEAN, jnp.sum: SUM, None: NONE}


def ranking_softmax_loss(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    where: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    reduction: str | None = None,
    reduce_fn: Callable[..., Any] | None = jnp.mean,
) -> jax.Array:
    """The ranking softmax loss of each list, reduced over the lists: a JAX array of the logits' dtype.

        loss = - sum_i labels_i * weights_i * log_softmax(logits)_i     over the items of a list that `where` allows

    >>> import jax, jax.numpy as jnp
    >>> from rankloss.jax import ranking_softmax_loss
    >>> logits = jnp.array([[2.0, 1.0, 0.0], [1.0, 0.5, 1.5]])
    >>> labels = jnp.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    >>> where = jnp.array([[True, True, False], [True, True, True]])
    >>> print(f"{ranking_softmax_loss(logits, labels, where=where):.4f}")
    0.4968
    >>> jax.jit(jax.grad(ranking_softmax_loss))(logits, labels, where=where)
    Array([[-0.13447072,  0.13447072,  0.        ],
           [ 0.15359794,  0.09316186, -0.2467598 ]], dtype=float32)

    logits      (..., list_size): the last axis is the list; float32, float64, float16 or bfloat16.
    labels      coefficients of any real dtype. All arguments broadcast together, the logits too.
    where       items where it is not true are never used, whatever they hold. None: all are valid.
    weights     of any real dtype. None: 1.
    reduction   "mean", "sum" or "none"; where it is given, it goes before reduce_fn.
    reduce_fn   jnp.mean: over the lists that have a valid item, 0 if none has. jnp.sum. None: one loss for each list, 0 for
                one without a valid item. Any other function is called as reduce_fn(losses, where=counted); counted says
                which lists have a valid item, and is None without a mask.

    Works under jit, vmap, grad and value_and_grad, by logits, labels and weights. With jnp.mean, jnp.sum and None the loss
    and its gradient have the bits of the C library's MEAN, SUM and NONE. Forward mode and second derivatives are refused by
    JAX. A program for another device than a CPU is refused when it is lowered: NotImplementedError.

    ValueError: shapes that do not broadcast, logits without an axis, an unknown reduction. TypeError: a dtype that is not
    named here. Any number of threads may call at once.
    """
    arrays = _arrays(logits, labels, where, weights)
    reduce = _reduce_function(reduction, reduce_fn)
    code = _code(reduce)
    if code is not None:
        return _loss(code, *arrays)
    losses = _loss(NONE, *arrays)
    counted = arrays[2]
    if counted is not None:
        counted = jnp.broadcast_to(counted, arrays[0].shape).any(axis=-1)
    return reduce(losses, where=counted)  # type: ignore[misc]


def _arrays(logits: Any, labels: Any, where: Any, weights: Any) -> tuple[Any, Any, Any, Any]:
    """The arguments as arrays that the library can read, the logits with all axes."""
    logits, labels = jnp.asarray(logits), jnp.asarray(labels)
    if logits.dtype.name not in _FLOATS:
        raise TypeError(f"logits: dtype {logits.dtype} is none of {', '.join(_FLOATS)}")
    labels = _number("labels", labels, logits.dtype)
    if where is not None:
        where = jnp.asarray(where).astype(bool)
    if weights is not None:
        weights = _number("weights", jnp.asarray(weights), logits.dtype)
    given = [array for array in (logits, labels, where, weights) if array is not None]
    shape = jnp.broadcast_shapes(*(array.shape for array in given))
    if not shape:
        raise ValueError("logits: one number is not a list; the last axis is the list")
    return jnp.broadcast_to(logits, shape), labels, where, weights


def _number(name: str, array: Any, dtype: Any) -> Any:
    """The array, or of dtypes that the library does not have one of the logits' dtype."""
    if jnp.issubdtype(array.dtype, jnp.complexfloating):
        raise TypeError(f"{name}: dtype {array.dtype} is not real")
    return array if array.dtype.name in _FLOATS + _OTHERS else array.astype(dtype)


def _reduce_function(reduction: str | None, reduce_fn: Callable[..., Any] | None) -> Callable[..., Any] | None:
    if reduction is None:
        return reduce_fn
    if reduction not in _REDUCTIONS:
        raise ValueError(f"reduction: {reduction!r} is none of 'mean', 'sum', 'none'")
    return _REDUCTIONS[reduction]


def _code(reduce: Callable[..., Any] | None) -> int | None:
    """The library's own reduction; None where it has none for the function."""
    try:
        return _CODES.get(reduce)
    except TypeError:  # a function that cannot be hashed
        return None


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _loss(reduction: int, logits: Any, labels: Any, where: Any, weights: Any) -> Any:
    arguments = {"logits": logits, "labels": labels, "where": where, "weights": weights}
    return _xla.call(arguments, ("loss",), _of_one_list(reduction, logits))["loss"]


def _of_one_list(reduction: int, logits: Any) -> int:
    """Of a single list the mean and the sum are its loss, and vmap makes a batch of many lists that are not reduced."""
    return NONE if logits.ndim == 1 else reduction


def _forward(reduction: int, logits: Any, labels: Any, where: Any, weights: Any) -> Any:
    """The loss, and with a reduction in the same pass the gradients for a cotangent of 1, which most programs have."""
    leaves = {"logits": logits, "labels": labels, "where": where, "weights": weights}
    arguments = {name: None if leaf is None else leaf.value for name, leaf in leaves.items()}
    wanted = [f"grad_{name}" for name, leaf in leaves.items() if leaf is not None and leaf.perturbed and name != "where"]
    early = () if reduction == NONE else tuple(wanted)
    results = _xla.call(arguments, ("loss", *early), _of_one_list(reduction, arguments["logits"]))
    return results["loss"], (arguments, {name: results.get(name) for name in wanted})


def _backward(reduction: int, residuals: Any, cotangent: Any) -> tuple[Any, Any, None, Any]:
    arguments, early = residuals
    if isinstance(cotangent, SymbolicZero) or not early:
        return None, None, None, None
    gradients = _gradients(reduction, arguments, early, cotangent)
    return gradients.get("grad_logits"), gradients.get("grad_labels"), None, gradients.get("grad_weights")


@partial(jax.jit, static_argnums=0, inline=True)
def _gradients(reduction: int, arguments: dict[str, Any], early: dict[str, Any], cotangent: Any) -> dict[str, Any]:
    def late() -> dict[str, Any]:
        given = {**arguments, "cotangent": cotangent}
        return _xla.call(given, tuple(early), _of_one_list(reduction, arguments["logits"]))

    # XLA drops the branch that a constant cotangent does not take.
    return late() if reduction == NONE else jax.lax.cond(cotangent == 1, lambda: early, late)


_loss.defvjp(_forward, _backward, symbolic_zeros=True)
