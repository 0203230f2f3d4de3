# Builds for 32-bit x86 Linux, with Debian's cross compiler; an x86-64 processor runs the programs, brought to the
# compiler's own C library by its own loader:
#
#   apt-get install gcc-i686-linux-gnu libc6-dev-i386-cross
#
# SSE2, or floating point would have the precision of the x87 registers.

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR i686)
set(CMAKE_C_COMPILER i686-linux-gnu-gcc)
set(CMAKE_C_FLAGS_INIT "-msse2 -mfpmath=sse")
set(CMAKE_CROSSCOMPILING_EMULATOR
  /usr/i686-linux-gnu/lib/ld-linux.so.2 --library-path /usr/i686-linux-gnu/lib)

# Or pkg-config would answer for the libraries of this processor.
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/i386-linux-gnu/pkgconfig:/usr/share/pkgconfig)
