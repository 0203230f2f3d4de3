# The golden bits on 32-bit x86, cross-compiled.
set(CMAKE_TOOLCHAIN_FILE "${CMAKE_CURRENT_LIST_DIR}/../../cmake/toolchains/i686-linux-gnu.cmake" CACHE FILEPATH "")
include("${CMAKE_CURRENT_LIST_DIR}/bits.cmake")
