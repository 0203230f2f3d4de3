"""The programs of examples/, each with the processes that it starts, and what README.md says of them."""

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import micro_batches
import numpy as np
import pytest
from made_up_lists import made_up_lists

import rankloss

FOLDER = Path(__file__).parents[1]
README = (FOLDER / "README.md").read_text()


def printed_by(file, *arguments, seconds=180):
    """What the program prints, in a session of its own, of which no process is left."""
    program = subprocess.Popen(
        [sys.executable, file, *arguments],
        env={**os.environ, "OMP_WAIT_POLICY": "passive"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        # Returns when the last process that could still print has ended, be it a grandchild.
        printed, said = program.communicate(timeout=seconds)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        program.wait()
    assert program.returncode == 0, printed + said
    return printed


def number(printed, before):
    (found,) = re.findall(rf"^ *{re.escape(before)} +([\d.e+-]+\d)", printed, re.MULTILINE)
    return float(found)


def means_of_parts(losses, offsets, cuts):
    """Over the lists that have an item."""
    counted = np.split(np.diff(offsets) > 0, cuts)
    return [part.sum() / max(np.count_nonzero(has), 1) for part, has in zip(np.split(losses, cuts), counted)]


# --- Micro-batches ----------------------------------------------------------------------------------------------------

WEIGHTS = np.array([1, -1, 0.5, 0, 0, 0.25], np.float32)


def random_sizes(random):
    """Of micro-batches that have 64 lists together, some of them none."""
    return np.diff(np.sort(random.integers(0, 65, random.integers(0, 20))), prepend=0, append=64).tolist()


def test_micro_batches_of_any_sizes_have_the_bits_of_one_call(random):
    features, grades, offsets = made_up_lists(64)
    assert np.count_nonzero(np.diff(offsets) == 0) > 0
    whole = micro_batches.step(WEIGHTS, features, grades, offsets, [64])
    scores = micro_batches.scores_of_lists(features, offsets, WEIGHTS)
    loss, gradient = rankloss.value_and_grad(scores, grades, offsets=offsets)
    losses = rankloss.ranking_softmax_loss(scores.astype("f8"), grades, offsets=offsets, reduction=None)
    for sizes in ([64], [1] * 64, [0, 64, 0], [63, 1], *(random_sizes(random) for _ in range(40))):
        parts = micro_batches.step(WEIGHTS, features, grades, offsets, sizes)
        assert parts.loss == loss and type(parts.loss) is np.float32
        np.testing.assert_array_equal(parts.by_scores, gradient)
        np.testing.assert_array_equal(parts.by_weights, whole.by_weights)
        np.testing.assert_allclose(parts.by_weights_at_once, whole.by_weights, rtol=1e-4)
        means = means_of_parts(losses, offsets, np.cumsum(sizes)[:-1])
        assert parts.mean_of_means == pytest.approx(np.mean(means), rel=1e-6)


def test_the_program_of_micro_batches():
    printed = printed_by(FOLDER / "examples" / "micro_batches.py")
    assert printed.count("the same bits") >= 15
    for row in ("loss", "gradient by the scores", "gradient by the weights, by lists"):
        assert all("the same bits" in line for line in printed.splitlines() if line.strip().startswith(row + "  "))
    (few,) = re.findall(r"50, 13, 1 lists.*?mean of means, for comparison +([\d.]+)", printed, re.DOTALL)
    (loss,) = re.findall(r"^one call: loss ([\d.]+)$", printed, re.MULTILINE)
    assert abs(float(few) - float(loss)) > 5
    assert few in README and loss in README


# --- Processes of PyTorch ---------------------------------------------------------------------------------------------


def test_processes_of_torch():
    pytest.importorskip("torch", reason="torch is not installed, which torch_distributed.py is for")
    printed = printed_by(FOLDER / "examples" / "torch_distributed.py")
    loss, means = number(printed, "loss"), number(printed, "mean of means")
    features, grades, offsets = made_up_lists(64)
    losses = rankloss.ranking_softmax_loss(features.sum(axis=1) / 2, grades, offsets=offsets, reduction=None)
    assert loss == pytest.approx(means_of_parts(losses, offsets, [])[0], abs=1e-4)
    assert means == pytest.approx(np.mean(means_of_parts(losses, offsets, [12])), abs=1e-4)
    assert re.search(r"^loss .*: the same bits$", printed, re.MULTILINE)
    assert re.search(r"^gradient by the scores +the same bits$", printed, re.MULTILINE)
    assert number(printed, "DDP, divisor of all lists / processes  off by") < 1e-5
    assert number(printed, "DDP, mean of each process's own lists  off by") == pytest.approx(0.087, abs=0.001)
    for figure in (f"{loss:.4f}", f"{means:.4f}", "8.7 %"):
        assert figure in README


# --- Workers of Dask --------------------------------------------------------------------------------------------------


def import_engine(engine):
    for module in ("dask.dataframe", "distributed", engine):
        pytest.importorskip(module, reason=f"{module} is not installed, which {engine}_dask.py needs")


@pytest.mark.parametrize("engine, near", [("xgboost", 1e-3), ("lightgbm", 1e-2)])
def test_two_workers_learn_as_one_does(engine, near):
    import_engine(engine)
    printed = printed_by(FOLDER / "examples" / f"{engine}_dask.py")
    untrained, one, two = (number(printed, row) for row in ("untrained", "one worker", "two workers"))
    assert two == pytest.approx(one, rel=near)
    assert two < 0.8 * untrained
    for figure in (untrained, one, two):
        assert f"{figure:.2f}" in README


WORDS = {
    "xgboost": r"^XGBoostError: .*src/collective/|^ValueError: Invalid worker address: .*one of the workers died",
    "lightgbm": r"^LightGBMError: Socket recv error",
}


@pytest.mark.parametrize("engine", WORDS)
def test_a_lost_worker_is_an_error_in_words_and_training_starts_anew(engine):
    import_engine(engine)
    printed = printed_by(Path(__file__).with_name("lost_worker.py"), engine)
    assert re.search(WORDS[engine], printed, re.MULTILINE), printed
    assert "workers in the place of the lost: 1\n" in printed
    assert f"two workers  {number(printed, 'trained again:'):.2f}" in README


def test_a_list_that_spans_workers_is_refused():
    import_engine("xgboost")
    from xgboost_dask import train_on_workers

    with pytest.raises(ValueError, match="the list 4 would span workers"):
        train_on_workers(None, np.zeros((5, 1)), np.zeros(5), np.array([3, 3, 4, 4, 4]), cut=3)
