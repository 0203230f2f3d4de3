"""What pip installs: the library once, under one name, with what a type checker needs, and nothing else."""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

import rankloss

PARTS = {"librankloss", "librankloss_jax"}


@pytest.fixture
def installed():
    try:
        package = distribution("rankloss")
    except PackageNotFoundError:
        pytest.skip("the package is not installed by pip, but run from its sources")
    return package


def files(installed):
    """Those of the package: auditwheel puts what it bundles into a folder beside it."""
    return [file for file in installed.files if file.parts[0] == "rankloss" and "__pycache__" not in file.parts]


def test_each_shared_library_is_there_once_and_without_a_version_in_its_name(installed):
    libraries = [file.name for file in files(installed) if ".so" in file.name or file.suffix in (".dylib", ".dll")]
    assert sorted(name.split(".")[0] for name in libraries) == sorted(PARTS)
    assert all(name.count(".") == 1 for name in libraries)


def test_no_part_of_the_c_build_is_there(installed):
    suffixes = {file.suffix for file in files(installed)}
    assert suffixes <= {".py", ".typed", ".so", ".dylib", ".dll"}


def test_it_is_typed():
    assert any(Path(folder, "py.typed").is_file() for folder in rankloss.__path__)


def test_it_needs_numpy_alone(installed):
    needed = [line for line in installed.requires if "extra ==" not in line]
    assert [line.split(">")[0] for line in needed] == ["numpy"]


def test_the_versions_are_one(installed):
    assert installed.version == rankloss.__version__
