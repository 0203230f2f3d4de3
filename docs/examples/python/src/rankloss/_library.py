"""Finds the C library and loads it, once for the process.

ctypes.CDLL lets other Python threads run while a function of the library does.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

# What a function is given: the packed bytes of a struct, or an address.
_STRUCT = ctypes.c_char_p
_ADDRESS = ctypes.c_void_p

_SIGNATURES: dict[str, tuple[type, tuple[type, ...]]] = {
    "rankloss_softmax": (ctypes.c_int, (_ADDRESS, _ADDRESS)),
    "rankloss_count_lists": (ctypes.c_int, (_ADDRESS, _ADDRESS)),
    "rankloss_last_error": (ctypes.c_char_p, ()),
    "rankloss_version": (ctypes.c_char_p, ()),
    "rankloss_isa": (ctypes.c_char_p, ()),
    "rankloss_offsets_from_sizes": (ctypes.c_int, (_STRUCT, _ADDRESS)),
    "rankloss_offsets_from_ids": (ctypes.c_int, (_STRUCT, _ADDRESS, _ADDRESS)),
    "rankloss_accumulator_merge": (ctypes.c_int, (_ADDRESS, _ADDRESS)),
    "rankloss_accumulator_count": (ctypes.c_int, (_ADDRESS, _ADDRESS)),
    "rankloss_accumulator_read": (ctypes.c_int, (_ADDRESS, ctypes.c_double, _STRUCT)),
}

# The first version that has all of them.
_OLDEST = (0, 2)


def beside(stem: str) -> Path:
    """The shared library `stem` of this package.

    An editable install has its Python files in one folder and what was built in another, both of which are the
    package's.
    """
    from . import __path__ as folders

    for folder in folders:
        for suffix in (".so", ".dylib", ".dll"):
            file = Path(folder, stem + suffix)
            if file.is_file():
                return file
    raise ImportError(f"{stem} is not in {' or '.join(folders)}; pip builds it when it installs the package")


def _file() -> Path:
    named = os.environ.get("RANKLOSS_LIBRARY")
    if not named:
        return beside("librankloss")
    # As an absolute path, for the loader would look for a bare name in its own folders.
    file = Path(named).absolute()
    if not file.is_file():
        raise ImportError(f"RANKLOSS_LIBRARY names {named}, which is not a file")
    return file


def _load(file: Path) -> ctypes.CDLL:
    try:
        loaded = ctypes.CDLL(str(file))
        loaded.rankloss_version.restype = ctypes.c_char_p
        version = loaded.rankloss_version().decode()
    except (OSError, AttributeError) as error:
        raise ImportError(f"{file} is not a RankLoss library: {error}") from error
    if tuple(int(number) for number in version.split(".")[:2]) < _OLDEST:
        raise ImportError(f"{file} is RankLoss {version}; this package needs 0.2 or later")
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    return loaded


library = _load(_file())


def version() -> str:
    """The version of the C library in use, which is that of the package."""
    return str(library.rankloss_version().decode())


def isa() -> str:
    """The instruction set that the library computes with: "portable", "avx2", "avx512", "neon", ...

    Every set gives the same bits. The environment variable RANKLOSS_ISA, read at the first call, can lower the choice.

    >>> import rankloss
    >>> rankloss.isa() in ("portable", "avx2", "avx512", "neon")
    True
    """
    return str(library.rankloss_isa().decode())
