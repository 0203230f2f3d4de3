"""Every way to install the package: from the folder, editable, and from an sdist; and that nothing is left in the folder.

Each compiles the library, which takes minutes: RANKLOSS_TEST_INSTALL=1 in the environment runs these tests.
"""

import os
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1]
CHECKOUT = FOLDER.parents[2]

pytestmark = pytest.mark.skipif(
    os.environ.get("RANKLOSS_TEST_INSTALL") != "1",
    reason="installs compile for minutes; RANKLOSS_TEST_INSTALL=1 in the environment runs them",
)

USE = (
    "import rankloss; loss, gradient = rankloss.value_and_grad([[2.0, 1.0, 3.0]], [[1, 0, 2]]); "
    "from rankloss._library import beside; assert beside('librankloss_jax').is_file(); "
    "print(rankloss.__file__, rankloss.__version__, loss)"
)
QUICK = ["--config-settings=cmake.build-type=Debug", "--config-settings=cmake.define.RANKLOSS_PORTABLE=ON"]


def files():
    """Of the checkout, but for what Git, Python and builds beside this one leave in folders of their own."""
    passed_over = {".git", ".pytest_cache", "__pycache__"}
    folders = (folder for folder in CHECKOUT.iterdir() if folder.name not in {"build", *passed_over})
    ours = (path for folder in folders for path in (folder, *folder.rglob("*")))
    return {path for path in ours if passed_over.isdisjoint(path.parts)}


@pytest.fixture
def python(tmp_path):
    """The interpreter of an environment of its own, where no other library is named; and nothing is left in the folder."""
    before = files()
    venv.create(tmp_path / "venv", with_pip=True)
    yield tmp_path / "venv" / "bin" / "python"
    assert files() == before


def run(*command, cwd):
    environment = {name: value for name, value in os.environ.items() if name not in ("RANKLOSS_LIBRARY", "PYTHONPATH")}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def assert_it_computes(python, folder, cwd):
    file, version, loss = run(python, "-c", USE, cwd=cwd).split()
    assert Path(file).is_relative_to(folder)
    assert version.count(".") == 2
    assert float(loss) == pytest.approx(2.22281789333)


def test_editable(python, tmp_path):
    run(python, "-m", "pip", "install", "-q", *QUICK, "-e", FOLDER, cwd=tmp_path)
    assert_it_computes(python, FOLDER / "src" / "rankloss", tmp_path)


def test_an_sdist_has_the_library_s_sources_and_builds_by_itself(python, tmp_path):
    pytest.importorskip("build", reason="the package build is not installed, which makes sdists")
    run(sys.executable, "-m", "build", "-q", "--sdist", "--outdir", tmp_path, FOLDER, cwd=tmp_path)
    (sdist,) = tmp_path.glob("rankloss-*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {Path(*Path(name).parts[1:]).as_posix() for name in archive.getnames()}
    assert {"library/CMakeLists.txt", "library/include/rankloss/rankloss.h", "xla/handler.c", "PKG-INFO"} <= names
    assert "src/rankloss/__init__.py" in names
    run(python, "-m", "pip", "install", "-q", *QUICK, sdist, cwd=tmp_path)
    assert_it_computes(python, tmp_path / "venv", tmp_path)
