"""The ranking softmax loss for PyTorch, as an operator with gradients.

    from rankloss.torch import RankingSoftmaxLoss, ranking_softmax_loss

PyTorch 2.9 or later. Tensors lie in the memory of the CPU; torch.compile keeps each call as one node of its graph.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ._options import LabelMode, label_mode_code
from ._softmax import compute

__all__ = ["RankingSoftmaxLoss", "ranking_softmax_loss"]

_REDUCTIONS = ("mean", "sum", "none")


def ranking_softmax_loss(
    logits: Tensor,
    labels: Tensor,
    *,
    where: Tensor | None = None,
    weights: Tensor | None = None,
    reduction: str | None = "mean",
    label_mode: LabelMode = "raw",
    offsets: Tensor | None = None,
    temperature: float = 1.0,
    divisor: float | Tensor | None = None,
) -> Tensor:
    """The ranking softmax loss of each list, reduced over the lists: a tensor of the logits' dtype.

        loss = - sum_i labels_i * weights_i * log_softmax(logits / temperature)_i     over the valid items of a list

    >>> import torch
    >>> from rankloss.torch import ranking_softmax_loss
    >>> logits = torch.tensor([[2.0, 1.0, 3.0], [0.0, 3.0, 1.0]], requires_grad=True)
    >>> loss = ranking_softmax_loss(logits, torch.tensor([[1, 0, 2], [0, 0, 1]]))
    >>> print(f"{loss.item():.4f}")
    2.1963
    >>> loss.backward()
    >>> logits.grad.shape
    torch.Size([2, 3])

    logits      (..., list_size), or with offsets (num_items): float32, float64, float16 or bfloat16.
    labels      broadcasts to the logits; any real dtype.
    where       broadcasts to the logits; bool, int8 or uint8. Items where it is not true are never used, whatever they hold.
    weights     broadcasts to the logits; any real dtype. None: 1.
    reduction   "mean" over the lists that have a valid item, 0 if none has; "sum"; "none" or None: one loss for each list.
    label_mode  "raw", "sum_to_one" or "softmax", as in rankloss.ranking_softmax_loss().
    offsets     (num_lists + 1) int32 or int64, for lists side by side: rankloss.offsets_from_sizes() makes them.
    temperature a positive number.
    divisor     with "mean", a positive number to divide the sum by, or a tensor of one, which torch.compile takes without
                compiling anew for each. None: the number of lists with a valid item. With the number that all
                micro-batches or processes have together, the gradients by the logits have the bits of one call on all of
                them: see rankloss.count_lists().

    Has gradients by logits, labels and weights, each in the shape and dtype of its argument, with the bits of the C library;
    strides are read as they are. A second derivative raises RuntimeError, a tensor on another device TypeError.
    RankLossError and ValueError are as in rankloss.ranking_softmax_loss(). bfloat16 needs the package ml_dtypes. Any number
    of threads may call at once.
    """
    reduction = "none" if reduction is None else reduction
    if reduction not in _REDUCTIONS:
        raise ValueError(f"reduction: {reduction!r} is none of 'mean', 'sum', 'none'")
    label_mode_code(label_mode)
    if divisor is not None and not isinstance(divisor, Tensor):
        divisor = torch.tensor(divisor, dtype=torch.float64)
    _refuse_other_devices(logits=logits, labels=labels, where=where, weights=weights, offsets=offsets, divisor=divisor)
    return _loss(logits, labels, where, weights, offsets, divisor, reduction, label_mode, float(temperature))


class RankingSoftmaxLoss(torch.nn.Module):
    """ranking_softmax_loss() as a module: options at construction, tensors at the call.

    >>> import torch
    >>> from rankloss.torch import RankingSoftmaxLoss
    >>> criterion = RankingSoftmaxLoss(reduction="sum", temperature=2.0)
    >>> criterion
    RankingSoftmaxLoss(reduction='sum', label_mode='raw', temperature=2.0)
    >>> criterion(torch.zeros(4, 3), torch.ones(4, 3)).shape
    torch.Size([])
    """

    def __init__(self, *, reduction: str | None = "mean", label_mode: LabelMode = "raw", temperature: float = 1.0) -> None:
        super().__init__()
        self.reduction, self.label_mode, self.temperature = reduction, label_mode, temperature

    def forward(
        self,
        logits: Tensor,
        labels: Tensor,
        *,
        where: Tensor | None = None,
        weights: Tensor | None = None,
        offsets: Tensor | None = None,
        divisor: float | Tensor | None = None,
    ) -> Tensor:
        return ranking_softmax_loss(
            logits,
            labels,
            where=where,
            weights=weights,
            reduction=self.reduction,
            label_mode=self.label_mode,
            offsets=offsets,
            temperature=self.temperature,
            divisor=divisor,
        )

    def extra_repr(self) -> str:
        return f"reduction={self.reduction!r}, label_mode={self.label_mode!r}, temperature={self.temperature!r}"


def _refuse_other_devices(**tensors: Tensor | None) -> None:
    """Meta tensors have shapes alone, of which PyTorch makes a loss that has one alone."""
    for name, tensor in tensors.items():
        if tensor is not None and tensor.device.type not in ("cpu", "meta"):
            raise TypeError(
                f"{name}: lies on {tensor.device}; RankLoss computes on the CPU, copy it there first: {name}.cpu()"
            )


# --- Operators --------------------------------------------------------------------------------------------------------


@torch.library.custom_op("rankloss::ranking_softmax_loss", mutates_args=(), device_types="cpu")
def _loss(
    logits: Tensor,
    labels: Tensor,
    where: Tensor | None,
    weights: Tensor | None,
    offsets: Tensor | None,
    divisor: Tensor | None,
    reduction: str,
    label_mode: str,
    temperature: float,
) -> Tensor:
    arguments = _arguments(logits, labels, where, weights, offsets, divisor, reduction, label_mode, temperature)
    loss = _empty_loss(logits, offsets, reduction)
    compute(**arguments, out={"loss": loss})
    return loss


@torch.library.custom_op("rankloss::ranking_softmax_loss_backward", mutates_args=(), device_types="cpu")
def _gradients(
    cotangent: Tensor,
    logits: Tensor,
    labels: Tensor,
    where: Tensor | None,
    weights: Tensor | None,
    offsets: Tensor | None,
    divisor: Tensor | None,
    reduction: str,
    label_mode: str,
    temperature: float,
    wanted: list[bool],
) -> list[Tensor]:
    """The gradients by logits, labels and weights; of those that are not wanted an empty tensor."""
    arguments = _arguments(logits, labels, where, weights, offsets, divisor, reduction, label_mode, temperature)
    gradients = _empty_gradients(logits, labels, weights, wanted)
    out = {name: gradient for name, gradient, is_wanted in zip(_GRADIENTS, gradients, wanted) if is_wanted}
    compute(**arguments, cotangent=cotangent.detach(), out=out)
    return gradients


_GRADIENTS = ("grad_logits", "grad_labels", "grad_weights")


def _arguments(
    logits: Tensor,
    labels: Tensor,
    where: Tensor | None,
    weights: Tensor | None,
    offsets: Tensor | None,
    divisor: Tensor | None,
    reduction: str,
    label_mode: str,
    temperature: float,
) -> dict[str, Any]:
    """The arguments of compute(): inside an operator gradients are PyTorch's to follow."""
    return {
        "logits": logits.detach(),
        "labels": labels.detach(),
        "where": where,
        "weights": None if weights is None else weights.detach(),
        "offsets": offsets,
        "divisor": None if divisor is None else divisor.item(),
        "reduction": reduction,
        "label_mode": label_mode,
        "temperature": temperature,
    }


@_loss.register_fake
def _empty_loss_of(
    logits: Tensor,
    labels: Tensor,
    where: Tensor | None,
    weights: Tensor | None,
    offsets: Tensor | None,
    divisor: Tensor | None,
    reduction: str,
    label_mode: str,
    temperature: float,
) -> Tensor:
    return _empty_loss(logits, offsets, reduction)


def _empty_loss(logits: Tensor, offsets: Tensor | None, reduction: str) -> Tensor:
    if reduction != "none":
        return logits.new_empty(())
    return logits.new_empty(logits.shape[:-1] if offsets is None else (offsets.shape[0] - 1,))


@_gradients.register_fake
def _empty_gradients_of(
    cotangent: Tensor,
    logits: Tensor,
    labels: Tensor,
    where: Tensor | None,
    weights: Tensor | None,
    offsets: Tensor | None,
    divisor: Tensor | None,
    reduction: str,
    label_mode: str,
    temperature: float,
    wanted: list[bool],
) -> list[Tensor]:
    return _empty_gradients(logits, labels, weights, wanted)


def _empty_gradients(logits: Tensor, labels: Tensor, weights: Tensor | None, wanted: list[bool]) -> list[Tensor]:
    of = (logits, labels, logits if weights is None else weights)
    return [tensor.new_empty(tensor.shape if is_wanted else (0,)) for tensor, is_wanted in zip(of, wanted)]


def _save(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    ctx.save_for_backward(*inputs[:6])
    ctx.options = inputs[6:]


def _backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor | None, ...]:
    by_logits, by_labels, _, by_weights, *_ = ctx.needs_input_grad
    wanted = [by_logits, by_labels, by_weights]
    gradients = _gradients(cotangent, *ctx.saved_tensors, *ctx.options, wanted)
    of_logits, of_labels, of_weights = (gradient if is_wanted else None for gradient, is_wanted in zip(gradients, wanted))
    return of_logits, of_labels, None, of_weights, None, None, None, None, None


_loss.register_autograd(_backward, setup_context=_save)
