# clang's sanitizer for memory that nothing has written. No OpenMP, whose runtime is not built so: what it hands to a thread
# would count as unwritten.
set(CMAKE_C_COMPILER clang-19 CACHE STRING "")
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g1" CACHE STRING "")
set(RANKLOSS_SANITIZE memory CACHE STRING "")
set(RANKLOSS_OPENMP OFF CACHE STRING "")
set(RANKLOSS_BUILD_EXAMPLES OFF CACHE BOOL "")
include("${CMAKE_CURRENT_LIST_DIR}/strict.cmake")
