# Builds for IBM z (s390x), where the highest byte comes first, with Debian's cross compiler; programs run under qemu:
#
#   apt-get install gcc-s390x-linux-gnu libc6-dev-s390x-cross qemu-user

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR s390x)
set(CMAKE_C_COMPILER s390x-linux-gnu-gcc)
set(CMAKE_CROSSCOMPILING_EMULATOR "qemu-s390x;-L;/usr/s390x-linux-gnu")

# Or pkg-config would answer for the libraries of this processor.
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/s390x-linux-gnu/pkgconfig:/usr/share/pkgconfig)
