# The golden bits, by gcc without optimisation and without OpenMP.
set(CMAKE_C_COMPILER gcc CACHE STRING "")
set(CMAKE_BUILD_TYPE None CACHE STRING "")
set(CMAKE_C_FLAGS -O0 CACHE STRING "")
set(RANKLOSS_OPENMP OFF CACHE STRING "")
include("${CMAKE_CURRENT_LIST_DIR}/bits.cmake")
