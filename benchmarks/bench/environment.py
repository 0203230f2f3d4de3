"""The Python packages that are compared: a virtual environment of their own, made when first needed."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
REQUIREMENTS = HERE / "requirements.txt"
DEFAULT_FOLDER = HERE.parent / "build" / "benchmarks-python"


def _run(*command):
    print("+", *map(str, command), file=sys.stderr, flush=True)
    subprocess.run([str(part) for part in command], check=True)


def _is_complete(folder):
    """Whether the environment was installed to the end, from the requirements as they are now."""
    stamp = folder / "requirements.txt"
    return stamp.exists() and stamp.read_text() == REQUIREMENTS.read_text()


def _make(folder):
    _run(sys.executable, "-m", "venv", "--clear", folder)
    _run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--requirement", REQUIREMENTS)
    (folder / "requirements.txt").write_text(REQUIREMENTS.read_text())


def enter(folder=DEFAULT_FOLDER):
    """Goes on in the environment: starts this program again with the interpreter there, unless that is us."""
    folder = Path(folder).resolve()
    if Path(sys.prefix).resolve() == folder:
        return
    if not _is_complete(folder):
        _make(folder)
    python = str(folder / "bin" / "python")
    sys.stdout.flush()
    os.execv(python, [python, *sys.argv])
