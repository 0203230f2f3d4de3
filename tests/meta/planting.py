"""Edits of files, and copies of the tree to make them in: what canaries/run and mutants/run have in common."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import signal
import subprocess

PROJECT = pathlib.Path(__file__).resolve().parents[2]


class Failure(Exception):
    """What ends a run, in words for the user."""


class Edit:
    """A block of lines of one file, and what takes their place: a hunk of a diff without its line numbers."""

    def __init__(self, path):
        self.path, self.old, self.new = path, [], []

    def add(self, line):
        sign, text = line[:1], line[1:] + "\n"
        if sign in ("-", " ", ""):
            self.old.append(text)
        if sign in ("+", " ", ""):
            self.new.append(text)
        return sign in ("-", "+", " ", "")

    def apply(self, text):
        old, new = "".join(self.old), "".join(self.new)
        places = ("\n" + text).count("\n" + old)
        if places != 1 or old == new:
            raise Failure(f"{self.path} has the lines to replace {places} times, not once:\n{old}")
        return ("\n" + text).replace("\n" + old, "\n" + new)[1:]


def misplaced(edits):
    """What is wrong with edits, one after the other, of the tree as it is; nothing where all lines are still there."""
    wrong, texts = [], {}
    for edit in edits:
        try:
            text = texts.get(edit.path) or (PROJECT / edit.path).read_text()
            texts[edit.path] = edit.apply(text)
        except (Failure, OSError) as problem:
            wrong.append(str(problem))
    return wrong


def copy_tree(target):
    """Everything but builds and history, as it is now; files that are the same already are left alone."""
    for directory, subdirectories, files in os.walk(PROJECT):
        here = pathlib.Path(directory).relative_to(PROJECT)
        if here == pathlib.Path():
            subdirectories[:] = [name for name in subdirectories if name not in ("build", ".git")]
        (target / here).mkdir(exist_ok=True)
        for name in files:
            source, copy = PROJECT / here / name, target / here / name
            if not copy.is_file() or copy.read_bytes() != source.read_bytes():
                shutil.copy(source, copy)


@contextlib.contextmanager
def alone_in(tree):
    """Two runs in one copy would plant into each other's builds."""
    with (tree / "planting.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(f"another run is using {tree}") from None
        yield


def run_command(command, tree, log, patience=None, environment=None):
    """The exit status, or None where the command, and all that it started, was ended after so many seconds."""
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=tree, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True)
        try:
            return process.wait(patience)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def tail(log):
    return "\n".join(log.read_text(errors="replace").splitlines()[-25:])
