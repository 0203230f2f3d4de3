# The tests of the label valgrind, under valgrind. It hides AVX-512, so that AVX2 is the best.
set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "")
set(CMAKE_CROSSCOMPILING_EMULATOR
  valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite CACHE STRING "")
include("${CMAKE_CURRENT_LIST_DIR}/strict.cmake")
