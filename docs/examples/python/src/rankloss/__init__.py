"""RankLoss: the ranking softmax loss, its gradients and its second derivatives, of NumPy arrays.

The loss is that of ListNet, optax, Rax and braintools, computed by a C library: within 1 ULP in float32, and with the same
bits for every number of threads, instruction set, batch size and stride. ranking_softmax_loss() is the manual's first page.

rankloss.jax, rankloss.torch, rankloss.xgboost and rankloss.lightgbm have it for those frameworks, each of which is imported
with its module and not before.
"""

from ._accumulator import Accumulator
from ._error import RankLossError
from ._library import isa, version
from ._lists import offsets_from_ids, offsets_from_sizes
from ._softmax import compute, count_lists, ranking_softmax_loss, value_and_grad

__version__ = version()

__all__ = [
    "Accumulator",
    "RankLossError",
    "__version__",
    "compute",
    "count_lists",
    "isa",
    "offsets_from_ids",
    "offsets_from_sizes",
    "ranking_softmax_loss",
    "value_and_grad",
]
