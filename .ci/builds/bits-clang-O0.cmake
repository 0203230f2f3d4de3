# The golden bits, by clang without optimisation.
set(CMAKE_C_COMPILER clang-19 CACHE STRING "")
set(CMAKE_BUILD_TYPE None CACHE STRING "")
set(CMAKE_C_FLAGS -O0 CACHE STRING "")
include("${CMAKE_CURRENT_LIST_DIR}/bits.cmake")
