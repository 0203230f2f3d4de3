# Builds for 64-bit Windows with MinGW-w64; programs run under wine:
#
#   apt-get install gcc-mingw-w64-x86-64 wine wine64
#   export WINEPATH="Z:$(dirname "$(x86_64-w64-mingw32-gcc -print-file-name=libgomp-1.dll)");Z:/usr/x86_64-w64-mingw32/lib"
#
# The variable says where the DLLs of OpenMP are. Windows looks for others beside the program: configure with
# -DCMAKE_RUNTIME_OUTPUT_DIRECTORY=<folder>.
#
# Wine needs one fixed page; random addresses take it from one start in some 2,000. `setarch --addr-no-randomize ctest ...`
# has none that fails.

set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR AMD64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)
set(CMAKE_CROSSCOMPILING_EMULATOR wine)

# What is installed on this machine is not for Windows.
set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} /usr/x86_64-w64-mingw32/lib/pkgconfig)
