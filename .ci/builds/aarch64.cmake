# 64-bit Arm, cross-compiled; its tests run under qemu.
include("${CMAKE_CURRENT_LIST_DIR}/strict.cmake")
set(CMAKE_TOOLCHAIN_FILE "${CMAKE_CURRENT_LIST_DIR}/../../cmake/toolchains/aarch64-linux-gnu.cmake" CACHE FILEPATH "")
