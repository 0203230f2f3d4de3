"""The loss and its derivatives as the definition has them, an item at a time in long double."""

import numpy as np

Real = np.longdouble


def loss_of_list(logits, labels, weights, valid):
    """The loss of one list, its gradients by logits, labels and weights, and the diagonal of its Hessian."""
    size = len(logits)
    grad_logits, grad_labels, grad_weights, hess = (np.zeros(size, Real) for _ in range(4))
    items = [i for i in range(size) if valid[i]]
    if not items:
        return Real(0), grad_logits, grad_labels, grad_weights, hess
    s = {i: Real(logits[i]) for i in items}
    y = {i: Real(labels[i]) for i in items}
    w = {i: Real(weights[i]) for i in items}
    top = max(s.values())
    total = sum(np.exp(s[i] - top) for i in items)
    log_p = {i: s[i] - top - np.log(total) for i in items}
    mass = sum(y[i] * w[i] for i in items)
    loss = -sum(y[i] * w[i] * log_p[i] for i in items)
    for i in items:
        p = np.exp(log_p[i])
        grad_logits[i] = mass * p - y[i] * w[i]
        grad_labels[i] = -w[i] * log_p[i]
        grad_weights[i] = -y[i] * log_p[i]
        hess[i] = mass * p * (1 - p)
    return loss, grad_logits, grad_labels, grad_weights, hess


def softmax_loss(logits, labels, where=None, weights=None, reduction="mean", temperature=1.0, bias=0.0):
    """A dict as compute() returns it, of a dense batch; gradients of labels and weights in the logits' shape."""
    logits = np.asarray(logits)
    scores = logits.astype(Real) / Real(temperature) + np.asarray(bias).astype(Real)
    shape = scores.shape

    def as_lists(value):
        return np.broadcast_to(np.asarray(value), shape).reshape(-1, shape[-1])

    labels, weights = as_lists(labels), as_lists(1.0 if weights is None else weights)
    valid = as_lists(True if where is None else where)
    rows = [loss_of_list(*row) for row in zip(as_lists(scores), labels, weights, valid)]
    losses = np.array([row[0] for row in rows], Real)
    counted = sum(any(row) for row in valid)
    scale = Real(1) / max(counted, 1) if reduction == "mean" else Real(1)
    loss = losses.reshape(shape[:-1]) if reduction is None else losses.sum() * scale
    names = ("grad_logits", "grad_labels", "grad_weights", "hess_logits")
    by_item = {name: scale * np.array([row[k + 1] for row in rows]).reshape(shape) for k, name in enumerate(names)}
    by_item["grad_logits"] = by_item["grad_logits"] / Real(temperature)
    by_item["hess_logits"] = by_item["hess_logits"] / Real(temperature) ** 2
    return {"loss": loss, **by_item}
