"""Whether the loss in the line that the program prints is right: mean_reference.py LINE. In decimal numbers of 40
digits, by the formula as it stands, without anything of the library."""
import re
import sys
from decimal import Decimal, getcontext

getcontext().prec = 40
NUM_LISTS, LONGEST, SEED, MASK = 997, 63, 7, 2**64 - 1


def mix(bits):
    bits = (SEED + bits * 0x9E3779B97F4A7C15) & MASK
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 & MASK
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EB & MASK
    return bits ^ bits >> 31


def loss_of_list(items):
    """-sum of label * log(softmax of the scores)"""
    scores = [Decimal(bits >> 40) / 2**21 - 4 for bits in items]
    log_sum = sum(score.exp() for score in scores).ln()
    return sum(bits % 5 * (log_sum - score) for bits, score in zip(items, scores))


def mean_loss():
    item, total = 0, Decimal(0)
    for size in (1 + mix(i) % LONGEST for i in range(NUM_LISTS)):
        total += loss_of_list([mix(NUM_LISTS + item + i) for i in range(size)])
        item += size
    return total / NUM_LISTS


line = sys.argv[1]
printed = Decimal(re.match(r"mean loss of 997 lists ([0-9.]+),", line)[1])
expected = mean_loss()
# What is promised of a float32 loss: one unit in the last place of the sum of the magnitudes of its terms, which is the
# loss, since none is below 0.
if abs(printed - expected) > expected * Decimal(2) ** -23:
    sys.exit(f"printed {printed}, expected {expected:.17g}")
