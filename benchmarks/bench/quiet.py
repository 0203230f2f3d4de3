"""Whether other processes were busy while something was measured. Where they were, it is measured again."""

import os
import time
from pathlib import Path

# Part of the processors that others may take: what a system does by itself is less.
MAX_OTHERS = 0.1

ATTEMPTS = 3


def _busy_seconds():
    """Of all processors since the start, time that a hypervisor took away included; None where it is not told."""
    try:
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    except OSError:
        return None
    user, nice, system, _idle, _iowait, irq, softirq, steal = (int(field) for field in fields)
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _share_of_others(function):
    """The function's result, and the part of the processors that others took meanwhile."""
    begin, busy, own = time.perf_counter(), _busy_seconds(), time.process_time()
    result = function()
    if busy is None:
        return result, 0.0
    others = (_busy_seconds() - busy) - (time.process_time() - own)
    return result, others / (time.perf_counter() - begin) / os.cpu_count()


def measure_quietly(function):
    """The function's result from a quiet run of it, and whether even the last of some attempts was disturbed."""
    for _ in range(ATTEMPTS):
        result, others = _share_of_others(function)
        if others <= MAX_OTHERS:
            return result, False
    return result, True
