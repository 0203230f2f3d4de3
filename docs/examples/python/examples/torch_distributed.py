"""A batch over several processes of PyTorch: the mean over all lists, and its gradient, with the bits of one process.

    python torch_distributed.py

Each process has some of the lists. They add up how many lists count, which is the divisor of each one's loss, and exchange
accumulators, 640 bytes each. DistributedDataParallel (DDP) averages the gradients of the processes: of the mean that each
takes over its own lists this makes a mean of means, in which the lists of a process with few of them weigh more.
"""

import os
import tempfile

import numpy as np
import torch
from made_up_lists import made_up_lists
from torch import distributed, nn

import rankloss
from rankloss.torch import ranking_softmax_loss

LISTS_OF_PROCESSES = [12, 52]


def main():
    # What PyTorch would choose may be the address of a network; elsewhere this interface has another name.
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    with tempfile.TemporaryDirectory() as folder:
        processes = len(LISTS_OF_PROCESSES)
        torch.multiprocessing.spawn(work, (processes, f"file://{folder}/meeting"), nprocs=processes)


def work(rank, processes, meeting):
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=processes)
    report_exact_mean(*share_of(rank))
    report_ddp(processes, *share_of(rank))
    distributed.destroy_process_group()


def share_of(rank):
    """Features, grades and offsets of the lists that a process has."""
    features, grades, offsets = map(torch.from_numpy, made_up_lists(sum(LISTS_OF_PROCESSES)))
    end = sum(LISTS_OF_PROCESSES[: rank + 1])
    offsets = offsets[end - LISTS_OF_PROCESSES[rank] : end + 1]
    items = slice(offsets[0], offsets[-1])
    return features[items], grades[items], offsets - offsets[0]


def linear_model(features):
    """The scores of the items: a model of one layer, the same in every process."""
    model = nn.Linear(features.shape[1], 1, bias=False)
    nn.init.constant_(model.weight, 0.5)
    return nn.Sequential(model, nn.Flatten(0))


# --- The mean over all lists, and its gradient by the scores ----------------------------------------------------------


def count_of_all(grades, offsets):
    count = torch.tensor(rankloss.count_lists(grades, offsets=offsets))
    distributed.all_reduce(count)
    return count


def mean_of_all(scores, grades, offsets):
    """Rounded once, from the exact sum of the losses of all processes."""
    own, total = rankloss.Accumulator(), rankloss.Accumulator()
    rankloss.compute(scores.detach(), grades, offsets=offsets, outputs=(), accumulator=own)
    for accumulator in gathered(own):
        total.merge(accumulator)
    return total.mean(dtype=np.float32)


def gathered(mine):
    """What each process has in the place of `mine`."""
    of_all = [None] * distributed.get_world_size()
    distributed.all_gather_object(of_all, mine)
    return of_all


def report_exact_mean(features, grades, offsets):
    scores = linear_model(features)(features)
    loss = ranking_softmax_loss(scores, grades, offsets=offsets, divisor=count_of_all(grades, offsets))
    (by_scores,) = torch.autograd.grad(loss, scores)
    mean = mean_of_all(scores, grades, offsets)

    all_scores, all_by_scores = (torch.cat(gathered(mine)) for mine in (scores.detach(), by_scores))
    if distributed.get_rank() == 0:
        _, all_grades, all_offsets = made_up_lists(sum(LISTS_OF_PROCESSES))
        loss_of_one, by_scores_of_one = rankloss.value_and_grad(all_scores, all_grades, offsets=all_offsets)
        print(f"loss                    {mean:.4f}, in one process {loss_of_one:.4f}: {same_bits(mean, loss_of_one)}")
        print(f"gradient by the scores  {same_bits(all_by_scores, by_scores_of_one)}")


def same_bits(these, those):
    return "the same bits" if np.array_equal(these, those) else "other bits"


# --- With DistributedDataParallel -------------------------------------------------------------------------------------


def report_ddp(processes, features, grades, offsets):
    # DDP divides by the number of processes once more.
    divisor = count_of_all(grades, offsets) / processes
    _, of_mean = ddp_step(features, grades, offsets, divisor=divisor)
    own_mean, of_means = ddp_step(features, grades, offsets)
    own_means = gathered(own_mean)
    if distributed.get_rank() == 0:
        of_one = gradient_in_one_process()
        print(f"mean of means           {np.mean(own_means):.4f}")
        print("gradient by the weights, beside that of one process")
        print(f"    DDP, divisor of all lists / processes  off by {distance(of_mean, of_one):.1e} of its length")
        print(f"    DDP, mean of each process's own lists  off by {distance(of_means, of_one):.1e} of its length")


def ddp_step(features, grades, offsets, **divisor):
    """The loss of this process, and the gradient by the weights that DDP makes of those of all."""
    model = nn.parallel.DistributedDataParallel(linear_model(features))
    loss = ranking_softmax_loss(model(features), grades, offsets=offsets, **divisor)
    loss.backward()
    (weight,) = model.parameters()
    return loss.item(), weight.grad


def gradient_in_one_process():
    features, grades, offsets = map(torch.from_numpy, made_up_lists(sum(LISTS_OF_PROCESSES)))
    model = linear_model(features)
    ranking_softmax_loss(model(features), grades, offsets=offsets).backward()
    (weight,) = model.parameters()
    return weight.grad


def distance(this, that):
    return ((this - that).norm() / that.norm()).item()


if __name__ == "__main__":
    main()
