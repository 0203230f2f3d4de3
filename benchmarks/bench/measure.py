"""How long calls take: all of a set in turn, round after round, so that a busy moment falls on all of them."""

import math
import statistics
import time

# A shorter stretch would measure the clock and the interpreter's loop.
MIN_BURST = 3e-4

# A call that takes longer finds nothing of the call before it in any cache, so that none is made in front.
MAX_WARMED_CALL = 4e-3

# Threads of one runtime spin for a while after a call, and would take the core from the next runtime's threads.
SETTLE = 5e-3

MIN_ROUNDS = 5


def _calibrate(call):
    call()
    begin = time.perf_counter()
    call()
    taken = time.perf_counter() - begin
    return max(1, math.ceil(MIN_BURST / max(taken, 1e-9))), taken < MAX_WARMED_CALL


def _sample(call, repeats, warm_first):
    time.sleep(SETTLE)
    if warm_first:
        call()
    begin = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - begin) / repeats


def measure(calls, rounds, seconds):
    """Takes {key: function}; returns {key: (q1, median, q3)} in seconds a call."""
    plans = {key: _calibrate(call) for key, call in calls.items()}
    times = {key: [] for key in calls}
    begin = time.perf_counter()
    for round_ in range(rounds):
        if round_ >= MIN_ROUNDS and time.perf_counter() - begin > seconds:
            break
        order = list(calls) if round_ % 2 == 0 else list(reversed(calls))
        for key in order:
            times[key].append(_sample(calls[key], *plans[key]))
    return {key: tuple(statistics.quantiles(taken, n=4, method="inclusive")) for key, taken in times.items()}
