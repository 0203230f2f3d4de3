# Builds for any target that `zig cc` knows, which has the C libraries to link with; Linux programs run under qemu. The
# target is -DRANKLOSS_ZIG_TARGET=<processor>-<system>[-<library>], such as riscv64-linux-gnu.2.36 or aarch64-macos. With
# glibc, programs need Debian's to run; musl can be linked statically.
#
#   pip install ziglang; apt-get install qemu-user libc6-riscv64-cross
#
# CMake wants a program for each tool: zig-cc, zig-ar and zig-ranlib on the PATH are scripts of one line,
# exec zig cc "$@" and so on.

set(RANKLOSS_ZIG_TARGET "" CACHE STRING "What zig cc builds for")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES RANKLOSS_ZIG_TARGET)

string(REGEX REPLACE "-.*" "" CMAKE_SYSTEM_PROCESSOR "${RANKLOSS_ZIG_TARGET}")
if(RANKLOSS_ZIG_TARGET MATCHES "-macos")
  set(CMAKE_SYSTEM_NAME Darwin)
  set(CMAKE_INSTALL_NAME_TOOL zig-install-name-tool) # which installing alone would need
else()
  set(CMAKE_SYSTEM_NAME Linux)
  string(REPLACE "powerpc64le" "ppc64le" processor "${CMAKE_SYSTEM_PROCESSOR}")
  set(CMAKE_CROSSCOMPILING_EMULATOR "qemu-${processor};-L;/usr/${CMAKE_SYSTEM_PROCESSOR}-linux-gnu")
endif()

set(CMAKE_C_COMPILER zig-cc)
set(CMAKE_C_COMPILER_TARGET ${RANKLOSS_ZIG_TARGET})
set(CMAKE_AR zig-ar)
set(CMAKE_RANLIB zig-ranlib)

# What is installed on this machine is not for the target.
foreach(kind IN ITEMS LIBRARY INCLUDE PACKAGE)
  set(CMAKE_FIND_ROOT_PATH_MODE_${kind} ONLY)
endforeach()
