# The golden bits on IBM z, highest byte first; cross-compiled, under qemu.
set(CMAKE_TOOLCHAIN_FILE "${CMAKE_CURRENT_LIST_DIR}/../../cmake/toolchains/s390x-linux-gnu.cmake" CACHE FILEPATH "")
include("${CMAKE_CURRENT_LIST_DIR}/bits.cmake")
