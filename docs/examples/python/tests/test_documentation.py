"""Every example of the docstrings, of README.md and of docs/ prints what it says; test_migration.py has its page."""

import doctest
import importlib
import random
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


PROJECT = Path(__file__).parents[4]
PAGES = {PROJECT / "README.md", *(PROJECT / "docs").glob("**/*.md")} - {PROJECT / "docs" / "migration.md"}
BLOCKS = [
    pytest.param(block, id=f"{page.relative_to(PROJECT)}-{number}")
    for page in sorted(PAGES)
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL))
]


def write_letor(path):
    """A file as users have it: grades from 0 to 2 for what the first of two features says, and some noise."""
    draw = random.Random(7).random
    rows = [(item // 8, draw(), draw()) for item in range(400)]
    path.write_text("".join(f"{int(2 * x + draw())} qid:{qid} 1:{x:.3f} 2:{y:.3f}\n" for qid, x, y in rows))


@pytest.mark.parametrize("block", BLOCKS)
def test_pages(block, tmp_path, monkeypatch):
    for module in set(re.findall(r"\b(jax|torch|xgboost|lightgbm|sklearn)\b", block)):
        pytest.importorskip(module, reason=f"{module} is not installed, which this block is for")
    if "LGBMRanker" in block:
        pytest.importorskip("sklearn", reason="scikit-learn is not installed, which LGBMRanker needs")
    write_letor(tmp_path / "train.txt")
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner()
    runner.run(doctest.DocTestParser().get_doctest(block, {}, "page", "page", 0))
    assert runner.tries > 0 and runner.failures == 0
