# The tests of the label valgrind, under valgrind, of the build that users get. It hides AVX-512, so that AVX2 is the best.
set(CMAKE_BUILD_TYPE Release CACHE STRING "")
set(CMAKE_CROSSCOMPILING_EMULATOR
  valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite CACHE STRING "")
