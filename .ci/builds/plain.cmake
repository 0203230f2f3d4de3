# What a processor without SIMD and a compiler without OpenMP get: the portable kernels, one thread.
# With the flags of the release build, so that what both compile is compiled once; in bits-gcc-O0 its warnings are errors.
set(CMAKE_BUILD_TYPE Release CACHE STRING "")
set(RANKLOSS_PORTABLE ON CACHE BOOL "")
set(RANKLOSS_OPENMP OFF CACHE STRING "")
