# The golden bits, by gcc without optimisation.
set(CMAKE_C_COMPILER gcc CACHE STRING "")
set(CMAKE_BUILD_TYPE None CACHE STRING "")
set(CMAKE_C_FLAGS -O0 CACHE STRING "")
include("${CMAKE_CURRENT_LIST_DIR}/bits.cmake")
