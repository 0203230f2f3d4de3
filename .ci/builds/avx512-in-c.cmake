# The golden bits of the AVX-512 kernels on a processor that lacks it, by their intrinsics in C.
set(CMAKE_C_COMPILER gcc CACHE STRING "")
set(CMAKE_BUILD_TYPE None CACHE STRING "")
set(CMAKE_C_FLAGS -O1 CACHE STRING "")
set(RANKLOSS_AVX512_IN_C ON CACHE BOOL "")
include("${CMAKE_CURRENT_LIST_DIR}/bits.cmake")
