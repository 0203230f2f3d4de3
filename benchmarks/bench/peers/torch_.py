"""PyTorch, eager: log_softmax and autograd for dense batches, segment_reduce for ragged ones."""

import torch

NAME = "torch"


def loss_of(logits, labels):
    return -(labels * torch.log_softmax(logits, dim=-1)).sum()


def dense(batch, work, function):
    """The loss by function, with its gradient by autograd. Shared with the compiled one."""
    logits = torch.from_numpy(batch.logits.reshape(-1, batch.n)).clone().requires_grad_(work == "gradient")
    labels = torch.from_numpy(batch.labels.reshape(-1, batch.n))

    def forward():
        with torch.no_grad():
            return function(logits, labels), None, None

    def backward():
        value = function(logits, labels)
        (gradient,) = torch.autograd.grad(value, logits)
        return value.detach(), gradient, None

    return forward if work == "loss" else backward


def _ragged(batch, work):
    """The formulas by hand, under no_grad: an objective of boosted trees needs no tape."""
    s, labels = torch.from_numpy(batch.logits), torch.from_numpy(batch.labels)
    lengths = torch.from_numpy(batch.lengths)

    def spread(values):
        return torch.repeat_interleave(values, lengths)

    @torch.no_grad()
    def call():
        y = labels.to(s.dtype)
        x = s - spread(torch.segment_reduce(s, "max", lengths=lengths))
        e = torch.exp(x)
        sums = torch.segment_reduce(e, "sum", lengths=lengths)
        weights = torch.segment_reduce(y, "sum", lengths=lengths)
        loss = (weights * torch.log(sums)).sum() - (y * x).sum()
        if work == "loss":
            return loss, None, None
        p = e / spread(sums)
        mass = spread(weights) * p
        return loss, mass - y, mass * (1 - p) if work == "hessian" else None

    return call


def prepare(batch, work, threads):
    torch.set_num_threads(threads)
    if not batch.n:
        return _ragged(batch, work)
    return None if work == "hessian" else dense(batch, work, loss_of)
