"""xla/ffi.h against jaxlib's header: the same program, which prints layouts and values, compiled with each."""

import shutil
import subprocess
from pathlib import Path

import pytest

OURS = Path(__file__).parents[1] / "xla"

MEMBERS = {
    "XLA_FFI_Extension_Base": "struct_size type next",
    "XLA_FFI_Api_Version": "struct_size extension_start major_version minor_version",
    "XLA_FFI_Metadata": "struct_size api_version",
    "XLA_FFI_Metadata_Extension": "extension_base metadata",
    "XLA_FFI_Error_Create_Args": "struct_size extension_start message errc",
    "XLA_FFI_Api": "struct_size extension_start api_version internal_api XLA_FFI_Error_Create",
    "XLA_FFI_Buffer": "struct_size extension_start dtype data rank dims",
    "XLA_FFI_ByteSpan": "ptr len",
    "XLA_FFI_Scalar": "dtype value",
    "XLA_FFI_Args": "struct_size extension_start size types args",
    "XLA_FFI_Rets": "struct_size extension_start size types rets",
    "XLA_FFI_Attrs": "struct_size extension_start size types names attrs",
    "XLA_FFI_CallFrame": "struct_size extension_start api ctx stage args rets attrs",
}
VALUES = [
    "XLA_FFI_Extension_Metadata",
    "XLA_FFI_Error_Code_INVALID_ARGUMENT",
    "XLA_FFI_Error_Code_RESOURCE_EXHAUSTED",
    "XLA_FFI_Error_Code_INTERNAL",
    "XLA_FFI_ArgType_BUFFER",
    "XLA_FFI_RetType_BUFFER",
    "XLA_FFI_AttrType_SCALAR",
    "XLA_FFI_ExecutionStage_EXECUTE",
    "XLA_FFI_DataType_PRED",
    *(f"XLA_FFI_DataType_{kind}{bits}" for kind in "SU" for bits in (8, 16, 32, 64)),
    *(f"XLA_FFI_DataType_{name}" for name in ("F16", "F32", "F64", "BF16")),
]


def compiler():
    found = shutil.which("cc") or shutil.which("gcc")
    if found is None:
        pytest.skip("no C compiler, with which the two headers are compared")
    return found


def printed(header, folder, tmp_path):
    lines = [
        f'printf("{struct}.{member} %zu %zu\\n", offsetof({struct}, {member}), sizeof((({struct} *)0)->{member}));'
        for struct, members in MEMBERS.items()
        for member in members.split()
    ]
    lines += [f'printf("{value} %d\\n", {value});' for value in VALUES]
    lines += ['printf("major %d\\n", XLA_FFI_API_MAJOR);']
    source = tmp_path / "layout.c"
    body = "\n".join(lines)
    source.write_text(f"#include <stddef.h>\n#include <stdio.h>\n#include <{header}>\nint main(void) {{\n{body}\n}}\n")
    subprocess.run([compiler(), "-I", folder, source, "-o", tmp_path / "layout"], check=True)
    return subprocess.run([tmp_path / "layout"], check=True, capture_output=True, text=True).stdout.splitlines()


def test_layouts_and_values_are_jaxlib_s(tmp_path):
    pytest.importorskip("jax", reason="jax is not installed, whose header the layout is compared with")
    from jax.ffi import include_dir

    assert printed("ffi.h", OURS, tmp_path) == printed("xla/ffi/api/c_api.h", include_dir(), tmp_path)


def test_every_struct_of_ours_is_compared():
    text = (OURS / "ffi.h").read_text()
    for struct, members in MEMBERS.items():
        start = text.index(f"typedef struct {struct} {{")
        body = text[start : text.index(f"}} {struct};", start)]
        assert body.count(";") == len(members.split()), struct
    assert text.count("typedef struct") - 3 == len(MEMBERS)  # three are opaque
