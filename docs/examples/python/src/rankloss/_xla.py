"""The handler that compiled JAX programs call, registered with XLA; and one call of it as a JAX function."""

from __future__ import annotations

import ctypes
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import batching, mlir

from ._library import beside, library
from ._options import NONE

_TARGET = "rankloss_softmax"

ARGUMENTS = ("logits", "labels", "where", "weights", "cotangent")
RESULTS = ("loss", "grad_logits", "grad_labels", "grad_weights")


def _register() -> ctypes.CDLL:
    """Gives the handler the functions of the library, and XLA the handler."""
    # A handler that is refused while the backend starts would break it for the whole process.
    jax.devices("cpu")
    handler = ctypes.CDLL(str(beside("librankloss_jax")))
    handler.rankloss_xla_use.restype = None
    handler.rankloss_xla_use(library.rankloss_softmax, library.rankloss_last_error)
    jax.ffi.register_ffi_target(_TARGET, jax.ffi.pycapsule(handler.rankloss_xla_softmax), platform="cpu")
    return handler


_handler = _register()


@partial(jax.jit, static_argnums=(1, 2), inline=True)
def call(arguments: dict[str, Any], results: tuple[str, ...], reduction: int) -> dict[str, Any]:
    """One call of the library where the program runs: `results` by their names, of the arguments by theirs.

    The logits have all axes; every other argument broadcasts to them. `reduction` is a rankloss_reduction.
    """
    given = [name for name in ARGUMENTS if arguments.get(name) is not None]
    operands = [arguments[name] for name in given]
    wanted = [name for name in RESULTS if name in results]
    types = [_type(name, arguments, reduction) for name in wanted]
    attributes = {
        "rank": np.int64(arguments["logits"].ndim),
        "reduction": np.int64(reduction),
        "arguments": np.int64(_bits(given, ARGUMENTS)),
        "results": np.int64(_bits(wanted, RESULTS)),
    }

    def on_cpu(*operands: Any) -> list[Any]:
        return list(jax.ffi.ffi_call(_TARGET, types, vmap_method="expand_dims")(*operands, **attributes))

    def elsewhere(*operands: Any) -> list[Any]:
        refused = jnp.sum(_refuse.bind(operands[0]))
        return [jnp.full(of.shape, refused.astype(of.dtype)) for of in types]

    values = jax.lax.platform_dependent(*operands, cpu=on_cpu, default=elsewhere)
    return dict(zip(wanted, values))


def _bits(names: list[str], places: tuple[str, ...]) -> int:
    return sum(1 << places.index(name) for name in names)


def _type(name: str, arguments: dict[str, Any], reduction: int) -> jax.ShapeDtypeStruct:
    if name == "loss":
        logits = arguments["logits"]
        return jax.ShapeDtypeStruct(logits.shape[:-1] if reduction == NONE else (), logits.dtype)
    like = arguments[name.removeprefix("grad_")]
    return jax.ShapeDtypeStruct(like.shape, like.dtype)


# A primitive of which nothing is known but its shape, so that a program for another device is refused as soon as it is
# lowered for it, and not when it has got there.
_refuse = Primitive("rankloss_refuses_this_platform")
_refuse.def_abstract_eval(lambda of: of)
batching.defvectorized(_refuse)


def _refuse_lowering(context: Any, operand: Any) -> list[Any]:
    platforms = context.module_context.platforms
    if tuple(platforms) == ("cpu",):
        # JAX 0.6 lowers branches that are never taken.
        return [operand]
    raise NotImplementedError(
        f"rankloss computes on the CPU and has no kernel for {', '.join(platforms)}: run this part of the program on the "
        'CPU, with jax.default_device(jax.devices("cpu")[0]) or jax.jit(..., backend="cpu")'
    )


mlir.register_lowering(_refuse, _refuse_lowering)
