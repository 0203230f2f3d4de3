"""Every example of the docstrings and of README.md runs and prints what it says."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

MODULES = {
    "rankloss._accumulator": (),
    "rankloss._error": (),
    "rankloss._library": (),
    "rankloss._lists": (),
    "rankloss._softmax": (),
    "rankloss.jax": ("jax",),
    "rankloss.lightgbm": ("lightgbm",),
    "rankloss.torch": ("torch",),
    "rankloss.xgboost": ("xgboost",),
}


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name):
    for framework in MODULES[name]:
        pytest.importorskip(framework, reason=f"{framework} is not installed, which {name} is for")
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0


def test_every_public_name_is_explained():
    import rankloss

    for name in rankloss.__all__:
        if not name.startswith("__"):
            assert getattr(rankloss, name).__doc__, name


FOLDER = Path(__file__).parents[1]
READMES = [FOLDER / "README.md", FOLDER.parents[2] / "README.md"]  # of the package, and of the project
BLOCKS = [block for readme in READMES for block in re.findall(r"```python\n(.*?)```", readme.read_text(), re.DOTALL)]


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_the_readme(number):
    block = BLOCKS[number]
    for framework in set(re.findall(r"(?:import |rankloss\.)(jax|torch|xgboost|lightgbm)", block)):
        pytest.importorskip(framework, reason=f"{framework} is not installed, which block {number} of README.md is for")
    if "LGBMRanker" in block:
        pytest.importorskip("sklearn", reason="scikit-learn is not installed, which LGBMRanker needs")
    runner = doctest.DocTestRunner()
    runner.run(doctest.DocTestParser().get_doctest(block, {}, "README.md", "README.md", 0))
    assert runner.tries > 0 and runner.failures == 0
