"""JAX: optax's ranking softmax loss under jit for dense batches, segment operations for ragged ones."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

NAME = "jax"


def _dense(batch, work):
    def loss(logits, labels):
        return optax.losses.ranking_softmax_loss(logits, labels, reduce_fn=jnp.sum)

    function = jax.jit(loss if work == "loss" else jax.value_and_grad(loss))
    logits = jnp.asarray(batch.logits.reshape(-1, batch.n))
    labels = jnp.asarray(batch.labels.reshape(-1, batch.n))

    def call():
        answer = jax.block_until_ready(function(logits, labels))
        return (answer, None, None) if work == "loss" else (*answer, None)

    return call


def _ragged(batch, work):
    """The formulas by hand, as an objective of boosted trees would have them: faster than differentiating them."""
    lists = batch.lengths.size

    def total(values, segments):
        return jax.ops.segment_sum(values, segments, lists, indices_are_sorted=True)

    @jax.jit
    def function(s, labels, segments):
        y = labels.astype(s.dtype)
        x = s - jax.ops.segment_max(s, segments, lists, indices_are_sorted=True)[segments]
        e = jnp.exp(x)
        sums, weights = total(e, segments), total(y, segments)
        loss = jnp.sum(weights * jnp.log(sums)) - jnp.sum(y * x)
        p = e / sums[segments]
        mass = weights[segments] * p
        return {"loss": (loss,), "gradient": (loss, mass - y), "hessian": (loss, mass - y, mass * (1 - p))}[work]

    arguments = [jnp.asarray(a) for a in (batch.logits, batch.labels)]
    arguments.append(jnp.asarray(np.repeat(np.arange(lists, dtype=np.int32), batch.lengths)))

    def call():
        answer = jax.block_until_ready(function(*arguments))
        return (*answer, None, None)[:3]

    return call


def prepare(batch, work, threads):
    if not batch.n:
        return _ragged(batch, work)
    return None if work == "hessian" else _dense(batch, work)
