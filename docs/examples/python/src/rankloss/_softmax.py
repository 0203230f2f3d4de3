"""The ranking softmax loss of NumPy arrays: from the arguments to one call of rankloss_softmax() and back.

And to one of rankloss_count_lists(), which takes the same arguments.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ._accumulator import Accumulator
from ._arrays import Array, NumpyArray, as_array
from ._call import OFFSETS, RESULT_OFFSET, Call
from ._error import check
from ._library import library
from ._options import CUSTOM, LabelMode, Reduction, label_mode_code, positive, reduction_code, threads
from ._reducer import Reducer
from ._results import check_name, shape, writable
from ._views import is_countable, new_array, write_inputs, write_views


def ranking_softmax_loss(
    logits: Array,
    labels: Array,
    *,
    where: Array | None = None,
    weights: Array | None = None,
    reduction: Reduction = "mean",
    bias: Array | None = None,
    temperature: float = 1.0,
    label_mode: LabelMode = "raw",
    offsets: Array | None = None,
    divisor: float | None = None,
    num_threads: int = 0,
) -> Any:
    """The ranking softmax loss of each list, reduced over the lists.

        loss = - sum_i labels_i * weights_i * log_softmax(logits / temperature + bias)_i     over the valid items of a list

    >>> import numpy as np, rankloss
    >>> logits = np.array([[2.0, 1.0, 3.0], [0.0, 3.0, 1.0]])
    >>> labels = np.array([[1, 0, 2], [0, 0, 1]])
    >>> print(rankloss.ranking_softmax_loss(logits, labels))
    2.1963319564447135
    >>> rankloss.ranking_softmax_loss(logits, labels, reduction=None)
    array([2.22281789, 2.16984602])

    logits      (..., list_size): the last axis is the list. float32, float64, float16, or bfloat16 of ml_dtypes.
    labels      broadcasts to the logits; any dtype. Coefficients, used as they are.
    where       broadcasts to the logits; bool, int8 or uint8. Items where it is not true are never used, whatever they
                hold. None: all are valid. A list without a valid item has loss 0, and the mean does not count it.
    weights     broadcasts to the logits; any dtype. None: 1.
    reduction   "mean" over the lists that have a valid item, 0 if none has; "sum"; "none" or None: one loss for each list;
                or a function of (losses, counted), 1-d arrays of float64 and bool that it may keep, which returns a
                number. What it raises reaches the caller.
    bias        broadcasts to the logits; any floating dtype. None: 0.
    temperature a positive number.
    label_mode  "raw"; "sum_to_one": the coefficients of a list are divided by their sum; "softmax": labels are replaced by
                their softmax over the valid items, as in ListNet.
    offsets     (num_lists + 1), int32, int64, uint32 or uint64: lists of different lengths lie side by side, list k from
                offsets[k] to before offsets[k + 1]. logits then is (num_items), and all others are (num_items), or
                (num_lists, 1), one value for each list, or one number. See offsets_from_sizes() and offsets_from_ids().
    divisor     with "mean", a positive number to divide the sum by. None: the number of lists with a valid item.
    num_threads the most threads to use; 0: as many as OpenMP has. No bit of a result depends on it.

    Returns a NumPy scalar, or with reduction None an array of the logits' shape without the last axis, or of
    (num_lists); in the logits' dtype, rounded once. Of float32, float16 and bfloat16 the loss is within 1 ULP, of float64
    within 4.

    Arrays are read where they lie, with any strides: NumPy's, tensors of PyTorch and JAX in CPU memory (by DLPack),
    anything else that NumPy reads. Lists of numbers become arrays, float64 where the logits are meant. TypeError: a dtype
    that the library does not have, a tensor on another device, one that wants a gradient. RankLossError, a ValueError:
    what the library refuses, in its words. ValueError: an unknown reduction or label_mode.

    Any number of threads may call at once, and other Python threads run meanwhile; so may processes after fork(). What
    other threads write to an argument during the call has undefined results, as everywhere in NumPy.
    """
    return compute(
        logits,
        labels,
        where=where,
        weights=weights,
        reduction=reduction,
        bias=bias,
        temperature=temperature,
        label_mode=label_mode,
        offsets=offsets,
        divisor=divisor,
        num_threads=num_threads,
    )["loss"]


def value_and_grad(
    logits: Array,
    labels: Array,
    *,
    where: Array | None = None,
    weights: Array | None = None,
    reduction: Reduction = "mean",
    bias: Array | None = None,
    temperature: float = 1.0,
    label_mode: LabelMode = "raw",
    offsets: Array | None = None,
    divisor: float | None = None,
    num_threads: int = 0,
) -> tuple[Any, NumpyArray]:
    """The loss and its gradient by the logits, in one pass. Arguments are those of ranking_softmax_loss().

    The gradient has the logits' shape and dtype; at masked items it is 0. With reduction None it is the gradient of the
    sum. A function as the reduction has no derivative: ValueError.

    >>> import numpy as np, rankloss
    >>> loss, gradient = rankloss.value_and_grad(np.array([2.0, 1.0, 3.0]), [1, 0, 2])
    >>> print(loss)
    2.222817893333141
    >>> gradient
    array([-0.26581459,  0.27009172, -0.00427713])
    """
    results = compute(
        logits,
        labels,
        where=where,
        weights=weights,
        reduction=reduction,
        bias=bias,
        temperature=temperature,
        label_mode=label_mode,
        offsets=offsets,
        divisor=divisor,
        num_threads=num_threads,
        outputs=("loss", "grad_logits"),
    )
    return results["loss"], results["grad_logits"]


def compute(
    logits: Array,
    labels: Array,
    *,
    where: Array | None = None,
    weights: Array | None = None,
    reduction: Reduction = "mean",
    bias: Array | None = None,
    temperature: float = 1.0,
    label_mode: LabelMode = "raw",
    offsets: Array | None = None,
    divisor: float | None = None,
    num_threads: int = 0,
    outputs: Iterable[str] = ("loss",),
    tangent: Array | None = None,
    cotangent: Array | None = None,
    accumulator: Accumulator | None = None,
    out: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Everything that `outputs` names, in one pass, as a dict. The other arguments are those of ranking_softmax_loss().

    outputs     any of
                "loss"          as ranking_softmax_loss() returns it
                "grad_logits"   the gradient by the logits, in their shape
                "grad_labels"   the gradient by the labels, in their own shape: summed over the axes that were broadcast
                "grad_weights"  likewise; in the logits' shape where there are no weights
                "hess_logits"   the diagonal of the Hessian by the logits, in their shape. Boosted trees want "sum"
                "jvp"           the derivative in the direction of the tangent, in the shape of the loss
                "hvp_logits"    the Hessian times the tangent, in the logits' shape
    tangent     broadcasts to the logits; any floating dtype. jvp and hvp_logits need it.
    cotangent   what multiplies the gradients, hess_logits and hvp_logits: with reduction None an array that broadcasts to
                the losses, otherwise one number; any floating dtype. None: 1.
    accumulator an Accumulator, to which the losses of the call's lists are added, whatever the reduction is, though not
                with a function.
    out         a dict of arrays to write into, by the names of outputs, which it adds to; tensors of other libraries, too,
                since NumPy 2.2.6. Arrays have the output's shape, or for grad_labels and grad_weights any that broadcasts
                to the logits'; any floating dtype, any strides without overlap. They must not overlap one another or an
                input, but grad_logits may be the very array of the logits. What is returned for a name is what was given.

    Results have the logits' dtype; those without axes are NumPy scalars. On an error nothing has been written.

    >>> import numpy as np, rankloss
    >>> logits, labels = np.array([0.0, 1.0, 2.0, 1.0, 3.0]), [1, 0, 0, 1, 1]
    >>> outputs = ("grad_logits", "hess_logits")
    >>> result = rankloss.compute(logits, labels, offsets=[0, 2, 2, 5], reduction="sum", outputs=outputs)
    >>> print(result["grad_logits"].round(3), result["hess_logits"].round(3))
    [-0.731  0.731  0.489 -0.82   0.33 ] [0.197 0.197 0.37  0.164 0.445]
    >>> _ = rankloss.compute(logits, labels, offsets=[0, 2, 2, 5], out={"grad_logits": logits})
    >>> logits.round(3)
    array([-0.366,  0.366,  0.245, -0.41 ,  0.165])
    """
    # Only what there is: what is done for every input is most of what a call costs.
    inputs: dict[str, Any] = {"logits": logits, "labels": labels}
    if where is not None:
        inputs["where"] = where
    if weights is not None:
        inputs["weights"] = weights
    if bias is not None:
        inputs["bias"] = bias
    if offsets is not None:
        inputs["offsets"] = offsets
    if cotangent is not None:
        inputs["cotangent"] = cotangent
    if tangent is not None:
        inputs["tangent"] = tangent
    code = reduction_code(reduction)
    results = writable(out) if out else {}
    call = Call()
    call.reduction, call.label_mode = code, label_mode_code(label_mode)
    write_inputs(call, OFFSETS, inputs)
    if results:
        _write_given(call, code, results)
    dtype = inputs["logits"].dtype
    for name in (outputs,) if isinstance(outputs, str) else outputs:
        check_name(name, code)
        if name not in results:
            results[name] = new_array(call, OFFSETS[name], shape(name, code, inputs), dtype)

    if temperature != 1:
        call.temperature = positive("temperature", temperature)
    if divisor is not None:
        call.divisor = positive("divisor", divisor)
    if num_threads != 0:
        call.num_threads = threads(num_threads)
    if accumulator is not None:
        call.accumulator = _address_of(accumulator)
    if code == CUSTOM:
        _run_with_reducer(call, Reducer(reduction))  # type: ignore[arg-type]
    else:
        _run(call)

    for name, array in results.items():
        if not array.ndim:
            results[name] = array[()]
    if out:
        results.update(out)
    return results


def count_lists(labels: Array, *, where: Array | None = None, offsets: Array | None = None) -> int:
    """How many lists a mean counts: those that have a valid item.

    Summed over the parts of a batch it is the `divisor` with which each part has the gradients of the whole. It can be had
    before there are scores: of the labels only the shape is looked at, which is to be that of the logits. `where` and
    `offsets` are those of ranking_softmax_loss(), and what is refused is the same.

    >>> import rankloss
    >>> rankloss.count_lists([[1, 0], [0, 2], [0, 0]], where=[[True, True], [True, False], [False, False]])
    2
    >>> rankloss.count_lists([1, 0, 0, 2, 0], offsets=[0, 2, 2, 5])
    2
    """
    stand_in = np.broadcast_to(np.float32(0), as_array("labels", labels).shape)
    inputs: dict[str, Any] = {"logits": stand_in, "labels": stand_in}
    if where is not None:
        inputs["where"] = where
    if offsets is not None:
        inputs["offsets"] = offsets
    call = Call()
    write_inputs(call, OFFSETS, inputs)
    count = ctypes.c_int64()
    check(library.rankloss_count_lists(ctypes.addressof(call), ctypes.addressof(count)))
    return count.value


def _write_given(call: Call, reduction: int, given: dict[str, NumpyArray]) -> None:
    for name in given:
        check_name(name, reduction)
    for name in write_views(call, OFFSETS, given):
        if not is_countable(given[name]):
            raise ValueError(
                f"out: {name!r} cannot be written to in this byte order, or with strides that are no whole items"
            )


def _run(call: Call) -> None:
    place = ctypes.addressof(call)
    check(library.rankloss_softmax(place, place + RESULT_OFFSET))


def _run_with_reducer(call: Call, reducer: Reducer) -> None:
    call.reducer = reducer.address
    try:
        _run(call)
    finally:
        # Its own exception, where there is one, says more than that a callback has failed.
        reducer.raise_error()


def _address_of(accumulator: Accumulator) -> int:
    if not isinstance(accumulator, Accumulator):
        raise TypeError(f"accumulator: a {type(accumulator).__name__} is no Accumulator")
    return accumulator._address
