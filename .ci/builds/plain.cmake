# What a processor without SIMD and a compiler without OpenMP get: the portable kernels, one thread.
include("${CMAKE_CURRENT_LIST_DIR}/strict.cmake")
set(RANKLOSS_PORTABLE ON CACHE BOOL "")
set(RANKLOSS_OPENMP OFF CACHE STRING "")
