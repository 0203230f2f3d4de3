# The kernels: one OBJECT library for each instruction set.

include(CheckCCompilerFlag)

# On macOS one build may be for another processor, or for several: one set of flags does not suit all of those.
set(RANKLOSS_PROCESSOR "${CMAKE_SYSTEM_PROCESSOR}")
if(APPLE AND CMAKE_OSX_ARCHITECTURES)
  set(RANKLOSS_PROCESSOR "${CMAKE_OSX_ARCHITECTURES}")
endif()

# rankloss_instruction_set(<isa> [PROCESSORS <regex>] [BITS <32|64>] [FLAGS <flag>...])
#
# Compiles kernels/isa/softmax_<isa>_f32.c and _f64.c with the flags into rankloss_kernels_<isa>. Appends <isa> to
# RANKLOSS_ALL_ISAS; to RANKLOSS_PROCESSOR_ISAS if such processors may have it; to RANKLOSS_ISAS if it is built. A set for
# which the compiler lacks a flag is left out: the other sets give the same bits.
#
# The flags sit on a target of their own so that no function outside the kernels can be compiled with them: the linker
# might keep that copy of it, and an older processor would meet it.
function(rankloss_instruction_set isa)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "PROCESSORS" "FLAGS")
  set(RANKLOSS_ALL_ISAS ${RANKLOSS_ALL_ISAS} ${isa} PARENT_SCOPE)
  if(arg_PROCESSORS AND (NOT RANKLOSS_PROCESSOR MATCHES "^(${arg_PROCESSORS})$" OR NOT CMAKE_SIZEOF_VOID_P EQUAL 8))
    return()
  endif()
  set(RANKLOSS_PROCESSOR_ISAS ${RANKLOSS_PROCESSOR_ISAS} ${isa} PARENT_SCOPE)
  if(arg_PROCESSORS AND RANKLOSS_PORTABLE)
    return()
  endif()

  foreach(flag IN LISTS arg_FLAGS)
    string(MAKE_C_IDENTIFIER "RANKLOSS_C_COMPILER_HAS${flag}" has_flag)
    check_c_compiler_flag(${flag} ${has_flag})
    if(NOT ${has_flag})
      message(STATUS "RankLoss: no ${isa} kernels, since the compiler lacks ${flag}")
      return()
    endif()
  endforeach()

  add_library(rankloss_kernels_${isa} OBJECT kernels/isa/softmax_${isa}_f32.c kernels/isa/softmax_${isa}_f64.c)
  rankloss_set_library_flags(rankloss_kernels_${isa})
  target_compile_options(rankloss_kernels_${isa} PRIVATE ${arg_FLAGS})
  # Each function begins with a line of the cache: a loop that begins elsewhere in one takes up to 2 % longer, and where it
  # begins is not to depend on what else the library has.
  target_compile_options(rankloss_kernels_${isa} PRIVATE -falign-functions=64)
  set(RANKLOSS_ISAS ${RANKLOSS_ISAS} ${isa} PARENT_SCOPE)
endfunction()

# rankloss_write_instruction_sets(<file>): the header that tells C sources which sets there are.
function(rankloss_write_instruction_sets file)
  foreach(list IN ITEMS ISAS PROCESSOR_ISAS)
    set(${list})
    foreach(isa IN LISTS RANKLOSS_${list})
      string(TOUPPER ${isa} ISA)
      string(APPEND ${list} " SET(${isa}, ${ISA})")
    endforeach()
  endforeach()
  configure_file("${PROJECT_SOURCE_DIR}/cmake/instruction_sets.h.in" "${file}" @ONLY)
endfunction()
