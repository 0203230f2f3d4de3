"""PyTorch's compiler on the same loss. It compiles for each shape for some seconds, so that only one size of the batch
is timed."""

import torch

from bench.peers import torch_

NAME = "torch-compiled"
ITEMS = 1 << 20


def prepare(batch, work, threads):
    if not batch.n or work == "hessian" or batch.items > ITEMS or batch.items < ITEMS * 3 // 4:
        return None
    torch.set_num_threads(threads)
    torch.compiler.reset()
    return torch_.dense(batch, work, torch.compile(torch_.loss_of, dynamic=False))
