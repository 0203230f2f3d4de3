"""Whether loss and gradient of a training run are right, computed without anything of the library, or of the examples.

    train_reference.py make DATA                      writes a file of lists
    train_reference.py compare DATA CHECKPOINT LOSS   what a run has made of it, with --ignore-label -1
"""
import math
import random
import struct
import sys
from decimal import Decimal, getcontext

getcontext().prec = 40
NUM_LISTS, NUM_FEATURES = 60, 5


def float32(number):
    return struct.unpack("f", struct.pack("f", number))[0]


def make(path):
    draw = random.Random(5)
    with open(path, "w") as file:
        for qid in range(NUM_LISTS):
            for _ in range(1 + draw.randrange(12)):
                # Every seventh list is one that nobody has judged; in the others some items are.
                label = -1 if qid % 7 == 0 or draw.random() < 0.2 else draw.randrange(4)
                features = [f"{j}:{draw.uniform(-3, 3) * j:.6f}" for j in range(NUM_FEATURES) if draw.random() < 0.8]
                print(label, f"qid:{qid}", *features, file=file)


# --- What docs/examples/common says of sets, columns and the ranker ---------------------------------------------------


def read_training_lists(path):
    """Lists of items (label, {feature: value}), without every fifth list."""
    lists = {}
    with open(path) as file:
        for line in file:
            label, qid, *features = line.split()
            pairs = [word.split(":") for word in features]
            lists.setdefault(qid, []).append((float(label), {int(j): float32(float(value)) for j, value in pairs}))
    return [items for number, items in enumerate(lists.values()) if number % 5 != 4]


def columns_of(lists):
    """For each item of each list its columns: values in standard deviations, and whether they are there. Feature 0 has
    one value, which ranks nothing."""
    items = [features for each in lists for _, features in each]
    columns = [{} for _ in items]
    for j in range(NUM_FEATURES):
        values = [features[j] for features in items if j in features]
        mean = math.fsum(values) / len(values)
        deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
        for features, of_item in zip(items, columns):
            if j in features and deviation > 0:
                of_item[2 * j] = float32((features[j] - mean) / deviation)
            if j in features and len(values) < len(items):
                of_item[2 * j + 1] = 1.0
    return columns


# --- The loss ---------------------------------------------------------------------------------------------------------


def loss_of_list(labels, scores):
    """The loss of the valid items, and for each of them its gradient and the magnitude of the terms of that."""
    exps = [Decimal(score).exp() for score in scores]
    log_sum, total = sum(exps).ln(), sum(labels)
    shares = [exp / sum(exps) for exp in exps]
    loss = sum(Decimal(label) * (log_sum - Decimal(score)) for label, score in zip(labels, scores))
    gradients = [Decimal(total) * share - Decimal(label) for share, label in zip(shares, labels)]
    magnitudes = [Decimal(total) * share + Decimal(label) for share, label in zip(shares, labels)]
    return loss, gradients, magnitudes


def mean_loss(lists, weights):
    """The mean, its gradient by the weights, and the sums of the magnitudes of the gradient's terms."""
    columns = iter(columns_of(lists))
    loss, counted = Decimal(0), 0
    gradient, magnitude = [Decimal(0)] * len(weights), [Decimal(0)] * len(weights)
    for items in lists:
        valid = [(label, of_item) for (label, _), of_item in zip(items, columns) if label >= 0]
        if not valid:
            continue
        counted += 1
        scores = [float32(sum(weights[j] * x for j, x in sorted(of_item.items()))) for _, of_item in valid]
        of_list, gradients, magnitudes = loss_of_list([label for label, _ in valid], scores)
        loss += of_list
        for (_, of_item), g, m in zip(valid, gradients, magnitudes):
            for j, x in of_item.items():
                gradient[j] += g * Decimal(x)
                magnitude[j] += m * abs(Decimal(x))
    return loss / counted, [g / counted for g in gradient], [m / counted for m in magnitude]


# --- The run ----------------------------------------------------------------------------------------------------------


def read_checkpoint(path):
    """Weights and gradient: checkpoint.h has the layout."""
    head = struct.Struct("=16s16sQQQd640sQ")
    with open(path, "rb") as file:
        content = file.read()
    count = head.unpack_from(content)[-1]
    numbers = struct.unpack_from(f"={2 * count}d", content, head.size)
    return numbers[:count], numbers[count:]


def compare(data, checkpoint, printed):
    weights, gradient = read_checkpoint(checkpoint)
    loss, expected, magnitude = mean_loss(read_training_lists(data), weights)
    if not any(weights) or len(weights) != 2 * NUM_FEATURES:
        sys.exit(f"not the weights of a run: {weights}")
    # The promise is one unit in the last place of a float for the loss, where no term is below 0, and two for a
    # gradient; one more for the sum over the items.
    if abs(Decimal(float.fromhex(printed)) - loss) > loss * Decimal(2) ** -23:
        sys.exit(f"the loss is {loss:.17g}, printed {float.fromhex(printed):.17g}")
    for j, (got, want, terms) in enumerate(zip(gradient, expected, magnitude)):
        if abs(Decimal(got) - want) > 3 * terms * Decimal(2) ** -23:
            sys.exit(f"the gradient by weight {j} is {want:.17g}, not {got:.17g}")


{"make": make, "compare": compare}[sys.argv[1]](*sys.argv[2:])
