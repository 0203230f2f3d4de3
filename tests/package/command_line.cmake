# Compiles, links and runs consumer.c by the compiler's command line. The flags are those of PKG_CONFIG, or written by
# hand where that is not given. With STATIC_PREFIX they are for the static library, which is the only one there; with
# STATIC_FLAGS, the static library is named beside the shared one, and these are what it needs.

if(STATIC_PREFIX)
  set(PREFIX "${STATIC_PREFIX}")
  set(static --static)
endif()

# The hand-written flags are all that the shared library needs: neither -fopenmp nor -lm.
set(compile "-I${PREFIX}/include")
set(link "-L${PREFIX}/${LIBDIR}" -lrankloss)

if(STATIC_FLAGS)
  string(REPLACE "," ";" needed "${STATIC_FLAGS}")
  set(link "-L${PREFIX}/${LIBDIR}" -l:librankloss.a ${needed})
endif()

function(ask_pkg_config option result)
  execute_process(COMMAND "${PKG_CONFIG}" ${static} ${option} rankloss
    OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  set(${result} ${flags} PARENT_SCOPE)
endfunction()
if(PKG_CONFIG)
  set(ENV{PKG_CONFIG_PATH} "${PREFIX}/${LIBDIR}/pkgconfig")
  ask_pkg_config(--cflags compile)
  ask_pkg_config(--libs link)
endif()

file(MAKE_DIRECTORY "${SCRATCH}")
execute_process(
  COMMAND "${C_COMPILER}" -std=c11 ${compile} "${CMAKE_CURRENT_LIST_DIR}/consumer.c" -o "${SCRATCH}/consumer" ${link}
  COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
if(NOT STATIC_FLAGS) # without the path it would not start if it had the shared library after all
  set(ENV{LD_LIBRARY_PATH} "${PREFIX}/${LIBDIR}:$ENV{LD_LIBRARY_PATH}")
endif()
execute_process(COMMAND "${SCRATCH}/consumer" COMMAND_ERROR_IS_FATAL ANY)
