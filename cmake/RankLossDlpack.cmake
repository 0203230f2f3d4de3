# DLPack's header as the imported target Dlpack::Dlpack, where it is installed: the tests of <rankloss/dlpack.h> are
# skipped without it. Debian 12 has version 0.6; for another one name the folder that has dlpack/dlpack.h in it. Some
# wheels bring a header of version 1:
#
#   pip download --no-deps apache-tvm-ffi && python3 -m zipfile -e apache_tvm_ffi-*.whl tvm_ffi
#   cmake --preset release -D RANKLOSS_DLPACK_INCLUDE_DIR=$PWD/tvm_ffi/tvm_ffi/include

find_path(RANKLOSS_DLPACK_INCLUDE_DIR dlpack/dlpack.h)
mark_as_advanced(RANKLOSS_DLPACK_INCLUDE_DIR)

if(RANKLOSS_DLPACK_INCLUDE_DIR AND NOT TARGET Dlpack::Dlpack)
  add_library(Dlpack::Dlpack INTERFACE IMPORTED)
  set_target_properties(Dlpack::Dlpack PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${RANKLOSS_DLPACK_INCLUDE_DIR}")
endif()
