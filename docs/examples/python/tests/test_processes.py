"""Threads, fork, and what a process of its own sees: what is imported, which library is loaded."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import rankloss


def big_batch():
    random = np.random.default_rng(3)
    return random.standard_normal((4000, 100)), random.random((4000, 100))


def run(program, **environment):
    return subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **environment}, capture_output=True, text=True, timeout=120
    )


def test_many_threads_at_once():
    logits, labels = big_batch()
    expected = rankloss.value_and_grad(logits, labels)
    results = [None] * 4

    def work(place):
        for _ in range(3):
            results[place] = rankloss.value_and_grad(logits, labels)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for loss, gradient in results:
        assert loss == expected[0]
        np.testing.assert_array_equal(gradient, expected[1])


def test_errors_of_threads_are_their_own():
    wrong = {}

    def work(size):
        for _ in range(300):
            try:
                rankloss.ranking_softmax_loss(np.zeros((1, 2)), np.zeros((1, size)))
            except rankloss.RankLossError as error:
                if f"(1, {size})" not in str(error):
                    wrong[size] = str(error)

    threads = [threading.Thread(target=work, args=(size,)) for size in (3, 4, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_other_threads_run_during_a_call():
    """While C computes, a thread that only counts gets on. With the GIL held it would not run at all."""
    logits = np.zeros((1, 1 << 24))
    done, counted = threading.Event(), []

    def count():
        while not done.is_set():
            counted.append(time.perf_counter())
            time.sleep(0.001)

    counter = threading.Thread(target=count)
    counter.start()
    begin = time.perf_counter()
    rankloss.compute(logits, 1.0, num_threads=1, out={"grad_logits": logits})
    end = time.perf_counter()
    done.set()
    counter.join()
    quarter = (end - begin) / 4
    assert quarter > 0.01, "the call is too short for this test"
    assert any(begin + quarter < moment < end - quarter for moment in counted)


CHILDREN = """
import multiprocessing, numpy as np, rankloss

def loss(_):
    random = np.random.default_rng(3)
    return rankloss.value_and_grad(random.standard_normal((4000, 100)), random.random((4000, 100)))[0]

expected = loss(None)
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map_async(loss, range(4)).get(timeout=60) == [expected] * 4)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork()")
def test_children_of_fork_compute_after_their_parent_has():
    """In a process of its own, for the frameworks that other tests import start threads that do not survive a fork."""
    assert run(CHILDREN).stdout.strip() == "True"


def test_importing_the_package_imports_no_framework():
    program = (
        "import sys, rankloss; "
        "print([m for m in ('jax', 'torch', 'xgboost', 'lightgbm', 'scipy', 'ml_dtypes') if m in sys.modules])"
    )
    assert run(program).stdout.strip() == "[]"


def test_another_library_can_be_named(tmp_path):
    from rankloss._library import library

    other = tmp_path / "other.so"
    other.write_bytes(Path(library._name).read_bytes())
    shown = run("import rankloss._library as l; print(l.library._name)", RANKLOSS_LIBRARY=str(other))
    assert shown.stdout.strip() == str(other)


@pytest.mark.parametrize("content", [None, b"text"])
def test_what_is_no_library_is_refused_in_a_sentence(tmp_path, content):
    file = tmp_path / "librankloss.so"
    if content:
        file.write_bytes(content)
    result = run("import rankloss", RANKLOSS_LIBRARY=str(file))
    assert result.returncode
    assert "ImportError" in result.stderr and str(file) in result.stderr


def test_a_bare_name_is_a_file_here_and_never_one_of_the_loaders():
    result = run("import rankloss", RANKLOSS_LIBRARY="libm.so.6")
    assert "libm.so.6, which is not a file" in result.stderr


def test_the_version_is_the_library_s():
    assert rankloss.__version__.count(".") == 2
    assert rankloss.__version__.startswith("0.")
