"""Lists to rank, made up: what the examples beside this file train on."""

import numpy as np

import rankloss


def made_up_lists(num_lists, smallest=0):
    """Features and grades of items, and the offsets of their lists, which have from `smallest` to 30 items."""
    random = np.random.default_rng(7)
    sizes = random.integers(smallest, 31, num_lists)
    # So few values that trees find them all, and with them the same places to split, in any part of the lists.
    features = random.integers(0, 32, (sizes.sum(), 6)).astype(np.float32) / 32
    interest = 4 * features[:, 0] - 3 * features[:, 1] + random.standard_normal(len(features))
    return features, interest.round().clip(0, 4).astype(np.float32), rankloss.offsets_from_sizes(sizes)
