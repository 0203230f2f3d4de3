# What most builds here have in common.
set(CMAKE_BUILD_TYPE Release CACHE STRING "")
set(RANKLOSS_WERROR ON CACHE BOOL "")
